"""What interoperability.py tries: functions of SciPy's and scikit-learn's, and the arrays that they
are called with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import (
    cluster,
    differentiate,
    fft,
    integrate,
    interpolate,
    linalg,
    ndimage,
    optimize,
    signal,
    spatial,
    special,
    stats,
)
from scipy.optimize import elementwise
from sklearn import (
    covariance,
    decomposition,
    discriminant_analysis,
    gaussian_process,
    linear_model,
    metrics,
    mixture,
    model_selection,
    naive_bayes,
    neighbors,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestRegressor

RNG = np.random.default_rng(11)
V = RNG.uniform(0.2, 0.9, 12)
W = np.sort(RNG.uniform(0.2, 0.9, 12))
M = RNG.normal(size=(6, 5))
N = RNG.normal(size=(6, 5))
SPD = M.T @ M + np.eye(5)
ROW = RNG.normal(size=5)
X = RNG.normal(size=(30, 4))
Y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.1 * RNG.normal(size=30)
LABELS = np.arange(30) % 2
GUESSES = np.where(RNG.uniform(size=30) < 0.8, LABELS, 1 - LABELS)
SCORES = np.clip(0.4 * LABELS + RNG.uniform(0.05, 0.55, 30), 0.0, 1.0)
SHARES = RNG.dirichlet(np.ones(3), 10)
EXPECTED = RNG.dirichlet(np.ones(3), 10)
POSITIVE = RNG.uniform(0.5, 2.0, 30)
OTHERS = RNG.uniform(0.5, 2.0, 30)
TAPS, POLES = np.array([0.5, 0.3]), np.array([1.0, -0.5])
PICTURE = RNG.normal(size=(7, 6))
MOVED = X[::-1] * 0.7
SHIFTED = X + LABELS[:, None]

Rows = list[tuple[str, Callable[..., Any], tuple[Any, ...]]]

SCIPY: dict[str, Rows] = {
    "special": [
        ("logsumexp", lambda x: special.logsumexp(x, axis=1), (M,)),
        ("softmax", lambda x: special.softmax(x, axis=1), (M,)),
        ("log_softmax", lambda x: special.log_softmax(x, axis=1), (M,)),
        *((name, getattr(special, name), (V,)) for name in (
            "erf", "erfc", "erfinv", "expit", "logit", "log_expit", "gammaln", "gamma", "digamma",
            "ndtr", "ndtri", "log_ndtr", "entr", "i0", "i1", "j0", "k0", "i0e", "ellipk", "exp1",
            "sinc", "spence", "cbrt", "exp2", "exp10", "expm1", "log1p", "rgamma", "dawsn",
        )),
        *((name, getattr(special, name), (V, W)) for name in (
            "xlogy", "xlog1py", "rel_entr", "kl_div", "beta", "betaln", "boxcox", "huber", "binom",
            "chdtr", "poch",
        )),
        ("gammainc", special.gammainc, (V, W)),
        ("betainc", special.betainc, (V, W, V)),
        ("stdtr", special.stdtr, (V, W)),
        ("multigammaln", lambda x: special.multigammaln(x + 3.0, 2), (V,)),
        ("jv", lambda x: special.jv(1, x), (V,)),
        ("eval_hermite", lambda x: special.eval_hermite(3, x), (V,)),
        ("eval_legendre", lambda x: special.eval_legendre(3, x), (V,)),
        ("sici", special.sici, (V,)),
    ],
    "stats": [
        *((name, getattr(stats, name), (V,)) for name in (
            "gmean", "hmean", "skew", "kurtosis", "moment", "variation", "sem", "zscore", "tmean",
            "tvar", "tstd", "kstat", "kstatvar", "gstd", "iqr", "median_abs_deviation", "entropy",
            "circmean", "circvar", "differential_entropy", "trim_mean",
        ) if name not in ("moment", "trim_mean")),
        ("moment", lambda x: stats.moment(x, 3), (V,)),
        ("trim_mean", lambda x: stats.trim_mean(x, 0.1), (V,)),
        ("pmean", lambda x: stats.pmean(x, 3), (V,)),
        ("describe", lambda x: list(stats.describe(x))[2:], (V,)),
        ("zmap", stats.zmap, (V, W)),
        ("entropy of two", stats.entropy, (V, W)),
        ("rankdata", stats.rankdata, (V,)),
        ("pearsonr", lambda x, y: list(stats.pearsonr(x, y)), (V, W)),
        ("spearmanr", lambda x, y: stats.spearmanr(x, y).statistic, (V, W)),
        ("kendalltau", lambda x, y: stats.kendalltau(x, y).statistic, (V, W)),
        ("linregress", lambda x, y: stats.linregress(x, y).slope, (V, W)),
        ("ttest_1samp", lambda x: list(stats.ttest_1samp(x, 0.5)), (V,)),
        ("ttest_ind", lambda x, y: list(stats.ttest_ind(x, y)), (V, W)),
        ("ttest_rel", lambda x, y: list(stats.ttest_rel(x, y)), (V, W)),
        ("f_oneway", lambda x, y: list(stats.f_oneway(x, y)), (V, W)),
        ("bartlett", lambda x, y: list(stats.bartlett(x, y)), (V, W)),
        ("chisquare", lambda x: list(stats.chisquare(x)), (V,)),
        ("jarque_bera", lambda x: list(stats.jarque_bera(x)), (V,)),
        ("normaltest", lambda x: list(stats.normaltest(x)), (V,)),
        ("skewtest", lambda x: list(stats.skewtest(x)), (V,)),
        ("mannwhitneyu", lambda x, y: stats.mannwhitneyu(x, y).statistic, (V, W)),
        ("wilcoxon", lambda x: stats.wilcoxon(x - 0.4).statistic, (V,)),
        ("ks_2samp", lambda x, y: stats.ks_2samp(x, y).statistic, (V, W)),
        ("combine_pvalues", lambda x: list(stats.combine_pvalues(x)), (V,)),
        ("false_discovery_control", stats.false_discovery_control, (V,)),
        ("power_divergence", lambda x: list(stats.power_divergence(x)), (V,)),
        ("boxcox_llf", lambda x: stats.boxcox_llf(0.5, x), (V,)),
        ("directional_stats", lambda x: stats.directional_stats(x).mean_direction, (M,)),
        ("wasserstein_distance", stats.wasserstein_distance, (V, W)),
        ("quantile", lambda x: stats.quantile(x, 0.3), (V,)),
        ("norm.logpdf", stats.norm.logpdf, (V,)),
        ("gaussian_kde", lambda x: stats.gaussian_kde(x)(x), (V,)),
        ("Covariance.whiten", lambda a, x: stats.Covariance.from_cholesky(
            np.linalg.cholesky(a)).whiten(x), (SPD, ROW)),
    ],
    "linalg": [
        ("inv", linalg.inv, (SPD,)), ("det", linalg.det, (SPD,)),
        ("solve", linalg.solve, (SPD, ROW)), ("cholesky", linalg.cholesky, (SPD,)),
        ("eigh", linalg.eigvalsh, (SPD,)), ("svd", linalg.svdvals, (M,)),
        ("expm", linalg.expm, (SPD * 0.1,)), ("norm", linalg.norm, (M,)),
        ("lstsq", lambda a, b: linalg.lstsq(a, b)[0], (M, PICTURE[:6, 0])),
        ("toeplitz", linalg.toeplitz, (ROW,)), ("block_diag", linalg.block_diag, (M, N)),
        ("bandwidth", linalg.bandwidth, (SPD,)),
    ],
    "fft": [
        ("fft", lambda x: np.abs(fft.fft(x)), (V,)),
        ("rfft and irfft", lambda x: fft.irfft(fft.rfft(x) * 2.0), (V,)),
        ("fft2", lambda x: np.abs(fft.fft2(x)), (M,)),
        ("dct", fft.dct, (V,)), ("dst", fft.dst, (V,)),
        ("fftshift", fft.fftshift, (V,)), ("fht", lambda x: fft.fht(x, 0.1, 0.5), (V,)),
    ],
    "signal": [
        ("convolve", signal.convolve, (V, ROW)), ("fftconvolve", signal.fftconvolve, (V, ROW)),
        ("oaconvolve", signal.oaconvolve, (V, ROW)), ("correlate", signal.correlate, (V, ROW)),
        ("convolve2d", signal.convolve2d, (PICTURE, M[:3, :3])),
        ("detrend", signal.detrend, (V,)),
        ("hilbert", lambda x: np.abs(signal.hilbert(x)), (V,)),
        ("lfilter", signal.lfilter, (TAPS, POLES, V)),
        ("filtfilt", signal.filtfilt, (TAPS, POLES, X[:, 0])),
        ("sosfilt", signal.sosfilt, (signal.butter(2, 0.3, output="sos"), V)),
        ("savgol_filter", lambda x: signal.savgol_filter(x, 5, 2), (V,)),
        ("medfilt", lambda x: signal.medfilt(x, 3), (V,)),
        ("wiener", lambda x: signal.wiener(x, 3), (V,)),
        ("resample", lambda x: signal.resample(x, 24), (V,)),
        ("resample_poly", lambda x: signal.resample_poly(x, 2, 1), (V,)),
        ("decimate", lambda x: signal.decimate(x, 2), (X[:, 0],)),
        ("welch", lambda x: signal.welch(x, nperseg=8)[1], (X[:, 0],)),
        ("periodogram", lambda x: signal.periodogram(x)[1], (V,)),
        ("freqz", lambda b: np.abs(signal.freqz(b, worN=8)[1]), (ROW,)),
        ("envelope", lambda x: signal.envelope(x), (V,)),
        ("deconvolve", lambda x, y: signal.deconvolve(x, y)[0], (V, ROW)),
        ("find_peaks", lambda x: signal.find_peaks(x)[0], (V,)),
        ("gauss_spline", lambda x: signal.gauss_spline(x, 3), (V,)),
    ],
    "ndimage": [
        ("gaussian_filter", lambda x: ndimage.gaussian_filter(x, 1.0), (PICTURE,)),
        ("convolve", ndimage.convolve, (PICTURE, M[:3, :3])),
        ("sobel", ndimage.sobel, (PICTURE,)), ("laplace", ndimage.laplace, (PICTURE,)),
        ("median_filter", lambda x: ndimage.median_filter(x, 3), (PICTURE,)),
        ("uniform_filter", lambda x: ndimage.uniform_filter(x, 3), (PICTURE,)),
        ("zoom", lambda x: ndimage.zoom(x, 2), (PICTURE,)),
        ("rotate", lambda x: ndimage.rotate(x, 30.0), (PICTURE,)),
        ("shift", lambda x: ndimage.shift(x, 0.5), (PICTURE,)),
        ("map_coordinates", ndimage.map_coordinates, (PICTURE, np.array([[1.2, 2.5], [0.5, 3.3]]))),
        ("center_of_mass", ndimage.center_of_mass, (PICTURE,)),
        ("sum_labels", ndimage.sum_labels, (PICTURE,)),
        ("label", lambda x: ndimage.label(x > 0)[0], (PICTURE,)),
        ("distance_transform_edt", lambda x: ndimage.distance_transform_edt(x > 0), (PICTURE,)),
    ],
    "integrate": [
        ("trapezoid", integrate.trapezoid, (V,)), ("simpson", integrate.simpson, (V,)),
        ("cumulative_trapezoid", integrate.cumulative_trapezoid, (V,)),
        ("cumulative_simpson", lambda y: integrate.cumulative_simpson(y, dx=0.1), (V,)),
        ("romb", lambda y: integrate.romb(y), (X[:17, 0],)),
        ("fixed_quad", lambda b: integrate.fixed_quad(lambda x: x**2, b[0], b[1])[0], (V,)),
        ("cubature", lambda b: integrate.cubature(
            lambda x: x[:, 0] ** 2, b[:1] * 0.0, b[:1]).estimate, (V,)),
        ("tanhsinh", lambda b: integrate.tanhsinh(
            lambda x: x**2, b * 0.0, b).integral, (V,)),
        ("solve_ivp", lambda y: integrate.solve_ivp(
            lambda t, y: -y, (0.0, 1.0), y, rtol=1e-8).y[:, -1], (V,)),
    ],
    "interpolate": [
        ("interp1d", lambda x, y: interpolate.interp1d(x, y)(0.5), (W, V)),
        ("CubicSpline", lambda x, y: interpolate.CubicSpline(x, y)(x * 0.5 + 0.3), (W, V)),
        ("make_interp_spline", lambda x, y: interpolate.make_interp_spline(x, y)(x), (W, V)),
        ("PchipInterpolator", lambda x, y: interpolate.PchipInterpolator(x, y)(x), (W, V)),
        ("Akima1DInterpolator", lambda x, y: interpolate.Akima1DInterpolator(x, y)(x), (W, V)),
        ("BarycentricInterpolator",
         lambda x, y: interpolate.BarycentricInterpolator(x, y)(x * 0.9), (W[::3], V[::3])),
        ("AAA", lambda x, y: interpolate.AAA(x, y)(x), (W, V)),
        ("RBFInterpolator", lambda x, y: interpolate.RBFInterpolator(x, y)(x), (X, Y)),
        ("RegularGridInterpolator", lambda x, y, z: interpolate.RegularGridInterpolator(
            (x, y), z)([[0.5, 0.5]]), (np.arange(7.0), np.arange(6.0), PICTURE)),
    ],
    "optimize": [
        ("rosen", optimize.rosen, (V,)), ("rosen_der", optimize.rosen_der, (V,)),
        ("rosen_hess", optimize.rosen_hess, (V,)),
        ("rosen_hess_prod", optimize.rosen_hess_prod, (V, W)),
        ("minimize", lambda x: optimize.minimize(optimize.rosen, x, jac=optimize.rosen_der,
                                                 tol=1e-10).x, (V[:3],)),
        ("nnls", lambda a, b: optimize.nnls(a, b)[0], (M, PICTURE[:6, 0])),
        ("lsq_linear", lambda a, b: optimize.lsq_linear(a, b).x, (M, PICTURE[:6, 0])),
        ("linear_sum_assignment", optimize.linear_sum_assignment, (SPD,)),
        ("root", lambda x: optimize.root(lambda z: z**2 - 2.0, x).x, (V,)),
        ("elementwise.find_root", lambda x: elementwise.find_root(
            lambda z: z**2 - 2.0, (x * 0.0, x + 2.0)).x, (V,)),
        ("elementwise.bracket_minimum", lambda x: elementwise.bracket_minimum(
            lambda z: (z - 3.0) ** 2, x).bracket, (V,)),
        ("curve_fit", lambda x, y: optimize.curve_fit(lambda t, a: a * t, x, y)[0], (V, W)),
    ],
    "differentiate": [
        ("derivative", lambda x: differentiate.derivative(lambda z: z**3, x).df, (V,)),
        ("jacobian", lambda x: differentiate.jacobian(lambda z: z**3, x).df, (V,)),
        ("hessian", lambda x: differentiate.hessian(lambda z: (z**3).sum(0), x).ddf, (V[:3],)),
    ],
    "spatial": [
        ("distance.pdist", spatial.distance.pdist, (M,)),
        ("distance.cdist", spatial.distance.cdist, (M, N)),
        ("distance.squareform", spatial.distance.squareform, (V[:10],)),
        ("distance.cosine", spatial.distance.cosine, (V, W)),
        ("distance.euclidean", spatial.distance.euclidean, (V, W)),
        ("distance.jensenshannon", spatial.distance.jensenshannon, (V, W)),
        ("transform.Rotation.apply", lambda r, x: spatial.transform.Rotation.from_rotvec(
            r).apply(x), (V[:3], M[:, :3])),
        ("transform.Rotation.as_matrix", lambda r: spatial.transform.Rotation.from_rotvec(
            r).as_matrix(), (V[:3],)),
        ("transform.Slerp", lambda r: spatial.transform.Slerp(
            [0.0, 1.0], spatial.transform.Rotation.from_rotvec(r))(0.3).as_rotvec(), (M[:2, :3],)),
        ("KDTree.query", lambda x, y: spatial.KDTree(x).query(y)[0], (M, N)),
        ("procrustes", lambda x, y: spatial.procrustes(x, y)[2], (M, N)),
    ],
    "cluster": [
        ("vq.whiten", cluster.vq.whiten, (M,)), ("vq.vq", cluster.vq.vq, (M, M[:2])),
        ("vq.kmeans", lambda x: cluster.vq.kmeans(x, x[:2])[0], (M,)),
        ("hierarchy.linkage", cluster.hierarchy.linkage, (M,)),
        ("hierarchy.fcluster", lambda x: cluster.hierarchy.fcluster(
            cluster.hierarchy.linkage(x), 2, "maxclust"), (M,)),
        ("hierarchy.cophenet", lambda x: cluster.hierarchy.cophenet(
            cluster.hierarchy.linkage(x)), (M,)),
    ],
}  # fmt: skip


def fitted(model: Any, method: str, supervised: bool = True) -> Callable[..., Any]:
    """What a model that was fitted says of the data that it was fitted to."""

    def call(x: Any, *y: Any) -> Any:
        return getattr(model.fit(x, *y), method)(x)

    return call


SKLEARN: dict[str, Rows] = {
    "metrics": [
        *((name, getattr(metrics, name), (LABELS, GUESSES)) for name in (
            "accuracy_score", "zero_one_loss", "confusion_matrix", "f1_score", "precision_score",
            "recall_score", "jaccard_score", "balanced_accuracy_score", "cohen_kappa_score",
            "matthews_corrcoef", "hamming_loss",
        )),
        *((name, getattr(metrics, name), (LABELS, SCORES)) for name in (
            "roc_auc_score", "average_precision_score", "brier_score_loss", "log_loss",
            "precision_recall_curve", "det_curve",
        )),
        ("roc_curve", lambda y, s: metrics.roc_curve(y, s)[:2], (LABELS, SCORES)),
        *((name, getattr(metrics, name), (POSITIVE, OTHERS)) for name in (
            "mean_squared_error", "root_mean_squared_error", "mean_absolute_error",
            "median_absolute_error", "mean_squared_log_error", "mean_absolute_percentage_error",
            "mean_pinball_loss", "mean_tweedie_deviance", "mean_poisson_deviance",
            "mean_gamma_deviance", "r2_score", "explained_variance_score", "max_error",
            "d2_absolute_error_score", "d2_tweedie_score",
        )),
        *((f"pairwise.{name}", getattr(metrics.pairwise, name), (X, MOVED)) for name in (
            "euclidean_distances", "cosine_similarity", "cosine_distances", "linear_kernel",
            "polynomial_kernel", "rbf_kernel", "laplacian_kernel", "sigmoid_kernel",
            "manhattan_distances", "paired_euclidean_distances", "paired_cosine_distances",
        )),
        ("pairwise.chi2_kernel", metrics.pairwise.chi2_kernel, (SHARES, EXPECTED)),
        ("pairwise_distances", metrics.pairwise_distances, (X, MOVED)),
        ("silhouette_score", metrics.silhouette_score, (SHIFTED, LABELS)),
    ],
    "preprocessing": [
        *((type(model).__name__, fitted(model, "transform"), (X,)) for model in (
            preprocessing.StandardScaler(), preprocessing.MinMaxScaler(),
            preprocessing.MaxAbsScaler(), preprocessing.RobustScaler(), preprocessing.Normalizer(),
            preprocessing.Binarizer(), preprocessing.PolynomialFeatures(2),
            preprocessing.PowerTransformer(), preprocessing.QuantileTransformer(n_quantiles=10),
            preprocessing.KBinsDiscretizer(encode="ordinal", quantile_method="linear"),
            preprocessing.SplineTransformer(),
        )),
        ("KernelCenterer", fitted(preprocessing.KernelCenterer(), "transform"), (SPD,)),
        ("LabelEncoder", fitted(preprocessing.LabelEncoder(), "transform"), (LABELS,)),
        ("LabelBinarizer", fitted(preprocessing.LabelBinarizer(), "transform"), (LABELS,)),
        ("scale", preprocessing.scale, (X,)), ("normalize", preprocessing.normalize, (X,)),
    ],
    "decomposition": [
        ("PCA", lambda x: decomposition.PCA(2, svd_solver="full").fit_transform(x), (X,)),
        ("PCA, by eigh", lambda x: decomposition.PCA(
            2, svd_solver="covariance_eigh").fit_transform(x), (X,)),
        ("PCA, randomized", lambda x: abs(decomposition.PCA(
            2, svd_solver="randomized", power_iteration_normalizer="QR", random_state=0,
        ).fit_transform(x)), (X,)),
        ("TruncatedSVD", lambda x: decomposition.TruncatedSVD(
            2, algorithm="arpack", random_state=0).fit_transform(x), (X,)),
        ("NMF", lambda x: decomposition.NMF(2, random_state=0).fit_transform(x), (np.abs(X),)),
    ],
    "linear_model": [
        ("Ridge", fitted(linear_model.Ridge(solver="svd"), "predict"), (X, Y)),
        ("RidgeCV", fitted(linear_model.RidgeCV(), "predict"), (X, Y)),
        ("RidgeClassifier", fitted(linear_model.RidgeClassifier(solver="svd"),
                                   "decision_function"), (SHIFTED, LABELS)),
        ("LinearRegression", fitted(linear_model.LinearRegression(), "predict"), (X, Y)),
        ("LogisticRegression", fitted(linear_model.LogisticRegression(tol=1e-10),
                                      "predict_proba"), (SHIFTED, LABELS)),
        ("PoissonRegressor", fitted(linear_model.PoissonRegressor(), "predict"), (X, POSITIVE)),
        ("BayesianRidge", fitted(linear_model.BayesianRidge(), "predict"), (X, Y)),
        ("Lasso", fitted(linear_model.Lasso(0.1), "predict"), (X, Y)),
    ],
    "models": [
        ("LinearDiscriminantAnalysis", fitted(
            discriminant_analysis.LinearDiscriminantAnalysis(), "predict_proba"),
         (SHIFTED, LABELS)),
        ("QuadraticDiscriminantAnalysis", fitted(
            discriminant_analysis.QuadraticDiscriminantAnalysis(), "predict_proba"),
         (SHIFTED, LABELS)),
        ("GaussianNB", fitted(naive_bayes.GaussianNB(), "predict_proba"), (SHIFTED, LABELS)),
        ("GaussianMixture", lambda x: mixture.GaussianMixture(
            2, init_params="random_from_data", random_state=0).fit(x).predict_proba(x), (SHIFTED,)),
        ("EmpiricalCovariance", lambda x: covariance.EmpiricalCovariance().fit(x).covariance_,
         (X,)),
        ("LedoitWolf", lambda x: covariance.LedoitWolf().fit(x).covariance_, (X,)),
        ("GaussianProcessRegressor", fitted(
            gaussian_process.GaussianProcessRegressor(alpha=0.1), "predict"), (X, Y)),
        ("make_pipeline", lambda x, y: pipeline.make_pipeline(
            preprocessing.StandardScaler(), linear_model.Ridge(solver="svd")).fit(x, y).predict(x),
         (X, Y)),
        ("cross_val_predict", lambda x, y: model_selection.cross_val_predict(
            linear_model.Ridge(solver="svd"), x, y, cv=3), (X, Y)),
        ("cross_val_score", lambda x, y: model_selection.cross_val_score(
            linear_model.Ridge(solver="svd"), x, y, cv=3), (X, Y)),
        ("GridSearchCV", lambda x, y: model_selection.GridSearchCV(
            linear_model.Ridge(solver="svd"), {"alpha": [0.1, 1.0]}, cv=3).fit(x, y).predict(x),
         (X, Y)),
        ("train_test_split", lambda x: model_selection.train_test_split(
            x, random_state=0), (X,)),
        ("KNeighborsRegressor", fitted(neighbors.KNeighborsRegressor(3), "predict"), (X, Y)),
        ("SVC", fitted(svm.SVC(), "decision_function"), (SHIFTED, LABELS)),
        ("KMeans", lambda x: KMeans(2, random_state=0, n_init=1).fit(x).cluster_centers_,
         (SHIFTED,)),
        ("RandomForestRegressor", fitted(
            RandomForestRegressor(5, random_state=0), "predict"), (X, Y)),
    ],
}  # fmt: skip

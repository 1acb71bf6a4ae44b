"""Functions of SciPy's that are called in a way of their own. The others of SciPy's table of
capabilities are called as `listed.py` says.
"""

from __future__ import annotations

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

from interoperable.arrays import (
    CUT,
    LABELS,
    PICTURE,
    POLES,
    ROW,
    SPD,
    TAPS,
    M,
    N,
    Rows,
    V,
    W,
    X,
    Y,
    after,
    library,
)
from interoperable.transforms import TRANSFORMS

SECTIONS = signal.butter(3, 0.3, output="sos")
LINKS = cluster.hierarchy.linkage(M)


def before(function: Any, *given: Any) -> Any:
    """A function of two arrays that come before what is given."""
    return lambda x, y: function(x, y, *given)


def averaged(line: Any, out: Any) -> None:
    """What `generic_filter1d` calls."""
    out[:] = (line[:-2] + line[1:-1] + line[2:]) / 3.0


def second(x: Any, axis: int, output: Any, mode: str, cval: float) -> Any:
    """What `generic_laplace` calls."""
    return ndimage.correlate1d(x, [1, -2, 1], axis, output, mode, cval, 0)


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

        ("bootstrap", lambda x: stats.bootstrap(
            (x,), stats.skew, n_resamples=50, rng=np.random.default_rng(1), vectorized=True,
            method="percentile"), (V,)),
        ("cramervonmises", lambda x: stats.cramervonmises(x, special.ndtr).statistic, (V,)),
        ("binomtest", lambda k: stats.binomtest(k, 9, 0.4).pvalue, (np.array(3),)),
        ("quantile_test", lambda x: stats.quantile_test(x, q=0.4).pvalue, (V,)),
        ("cramervonmises_2samp", lambda x, y: stats.cramervonmises_2samp(x, y).statistic, (V, W)),
        ("ks_1samp", lambda x: stats.ks_1samp(x, special.ndtr).statistic, (V,)),
        ("monte_carlo_test", lambda x: stats.monte_carlo_test(
            x, lambda size: library(x).ones(size), stats.skew, n_resamples=20, vectorized=True
        ).statistic, (V,)),
        ("permutation_test", lambda x, y: stats.permutation_test(
            (x, y), lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), n_resamples=50,
            rng=1, vectorized=True), (V, W)),
        ("power", lambda x: stats.power(
            lambda y, axis: y.mean(axis=axis), lambda size: library(x).ones(size) * x[0], 5,
           n_resamples=20, vectorized=True).power, (V,)),
        ("ttest_ind_from_stats", lambda x, y: list(stats.ttest_ind_from_stats(
            x[0], y[0], 9, x[1], y[1], 8)), (V, W)),
        ("yeojohnson_llf", lambda x: stats.yeojohnson_llf(0.5, x), (V,)),
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

        *((name, after(getattr(signal, name), *given), (CUT,)) for name, given in (
            ("butter", (2,)), ("bessel", (2,)), ("cheby1", (2, 1.0)), ("cheby2", (2, 30.0)),
            ("ellip", (2, 1.0, 30.0)), ("firwin", (5,)),
        )),
        ("iirfilter", lambda w: signal.iirfilter(2, w, btype="lowpass"), (CUT,)),
        *((name, before(getattr(signal, name), 1.0, 30.0), (CUT, CUT + 0.2))
          for name in ("buttord", "cheb1ord", "cheb2ord", "ellipord", "iirdesign")),
        *((name, getattr(signal, name), (W[:3], V[:3])) for name in ("tf2zpk", "tf2sos")),
        *((name, before(getattr(signal, name), 2.0), (W[:2], V[:3])) for name in (
            "freqs_zpk", "freqz_zpk", "zpk2tf", "zpk2sos", "lp2bp_zpk", "lp2bs_zpk", "lp2hp_zpk",
            "lp2lp_zpk")),
        ("lfiltic", signal.lfiltic, (TAPS, 1.5 * POLES, V)),
        ("windows.general_cosine", after(signal.windows.general_cosine, 12), (W[:3],)),
        ("findfreqs", lambda b, a: signal.findfreqs(b, a, 5), (TAPS, V[:3])),
        ("choose_conv_method", lambda x, y: len(signal.choose_conv_method(x, y)), (V, W)),
        ("bilinear_zpk", lambda z, p: signal.bilinear_zpk(z, p, 2.0, 3.0), (-W[:2], -V[:3])),
        *((name, getattr(signal, name), (SECTIONS,)) for name in (
            "freqz_sos", "sosfreqz", "sos2tf", "sos2zpk")),
        ("sosfilt_zi", signal.sosfilt_zi, (2.0 * SECTIONS,)),
        ("sosfiltfilt", signal.sosfiltfilt, (SECTIONS, X[:, 0])),
        ("abcd_normalize", signal.abcd_normalize, (SPD, M.T, N, N @ M.T)),
        ("correlate2d", signal.correlate2d, (PICTURE, M[:3, :3])),
        ("firls", lambda x, y: signal.firls(5, x, y), (np.linspace(0.1, 0.9, 4), W[:4])),
        ("firwin2", lambda x: signal.firwin2(5, library(x).linspace(0.0, 1.0, 4), x), (W[:4],)),
        ("remez", lambda x: signal.remez(
            7, library(x).linspace(0.0, 0.5, 4), x, fs=1.0), (np.array([1.0, 0.0]),)),
        ("impulse", lambda b, a: signal.impulse((b, a)), (W[:1], V[:2])),
        ("medfilt2d", signal.medfilt2d, (PICTURE,)),
        ("spline_filter", signal.spline_filter, (X @ X.T,)),
        ("order_filter", lambda x: signal.order_filter(x, library(x).ones((3, 3)), 4), (PICTURE,)),
        ("place_poles", lambda a, b: signal.place_poles(
            a, b, library(a).arange(-5.0, 0.0)).gain_matrix, (SPD, M.T)),
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

        ("affine_transform", ndimage.affine_transform, (PICTURE, SPD[:2, :2] * 0.1)),
        ("convolve1d", ndimage.convolve1d, (PICTURE, ROW)),
        ("correlate1d", ndimage.correlate1d, (PICTURE, ROW)),
        ("correlate", ndimage.correlate, (PICTURE, M[:3, :3])),
        ("generic_filter", lambda x: ndimage.generic_filter(x, np.mean, 3), (PICTURE,)),
        ("generic_filter1d", lambda x: ndimage.generic_filter1d(x, averaged, 3), (PICTURE,)),
        ("generic_gradient_magnitude", lambda x: ndimage.generic_gradient_magnitude(
            x, ndimage.sobel), (PICTURE,)),
        ("generic_laplace", lambda x: ndimage.generic_laplace(x, second), (PICTURE,)),
        ("geometric_transform", lambda x: ndimage.geometric_transform(
            x, lambda at: (at[0] - 0.5, at[1] - 0.5)), (PICTURE,)),
        ("histogram", lambda x: ndimage.histogram(x, -2.0, 2.0, 5), (PICTURE,)),
        ("labeled_comprehension", lambda x, k: ndimage.labeled_comprehension(
            x, k, None, np.mean, float, 0.0), (X[:, 0], LABELS)),
        ("percentile_filter", lambda x: ndimage.percentile_filter(x, 30, 3), (PICTURE,)),
        ("rank_filter", lambda x: ndimage.rank_filter(x, 2, 3), (PICTURE,)),
        ("value_indices", ndimage.value_indices, (LABELS,)),
        ("find_objects", lambda x: [
            (part.start, part.stop) for at in ndimage.find_objects(x) for part in at],
         (LABELS.reshape(5, 6) + 1,)),
        ("vectorized_filter", lambda x: ndimage.vectorized_filter(
            x, library(x).mean, size=3), (PICTURE,)),
        ("watershed_ift", ndimage.watershed_ift, (
            (np.abs(PICTURE) * 9).astype(np.uint8), LABELS.repeat(2)[:42].reshape(7, 6))),
        ("iterate_structure", lambda x: ndimage.iterate_structure(x > 0, 2), (PICTURE[:3, :3],)),
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

        ("nsum", lambda a: integrate.nsum(lambda k: 1.0 / k**3, a, a + 5.0).sum, (V + 1.0,)),
        ("qmc_quad", lambda a, b: integrate.qmc_quad(
            lambda x: x[0], a, b, n_points=64, qrng=stats.qmc.Halton(1, rng=1)).integral,
         (V[:1], W[:1] + 1.0)),
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

        ("BSpline", lambda t, c, x: interpolate.BSpline(t, c, 3)(x), (
            np.arange(12.0), V[:8], W + 4.0)),
        ("NdBSpline", lambda t, c: interpolate.NdBSpline((t,), c, 3)(t[3:-4, None]), (
            np.arange(12.0), V[:8])),
        ("PPoly", lambda c, x: interpolate.PPoly(c, x)(x * 0.9), (M, np.arange(6.0))),
        ("BPoly", lambda c, x: interpolate.BPoly(c, x)(x * 0.9), (M, np.arange(6.0))),
        ("CubicHermiteSpline", lambda x, y: interpolate.CubicHermiteSpline(x, y, y)(x), (W, V)),
        ("generate_knots", lambda x, y: list(interpolate.generate_knots(x, y, s=0.1)), (W, V)),
        ("make_lsq_spline", lambda x, y, t: interpolate.make_lsq_spline(x, y, t)(x), (
            np.arange(12.0), V, np.array([0.0, 0, 0, 0, 5.5, 11, 11, 11, 11]))),
        ("make_smoothing_spline", lambda x, y: interpolate.make_smoothing_spline(
            x, y, lam=0.1)(x), (np.arange(12.0), V)),
        ("make_splrep", lambda x, y: interpolate.make_splrep(x, y, s=0.1)(x), (W, V)),
        ("make_splprep", lambda x: interpolate.make_splprep([x, x**2], s=0.0)[0](0.5), (W,)),
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

        ("elementwise.bracket_root", lambda x: elementwise.bracket_root(
            lambda z: z**2 - 2.0, x).bracket, (V,)),
        ("elementwise.find_minimum", lambda x: elementwise.find_minimum(
            lambda z: (z - x) ** 2, (x - 2.0, x + 0.5, x + 3.0)).x, (V,)),
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
        ("KDTree.query", lambda x, y: spatial.KDTree(x).query(y)[0], (M, N)),
        ("procrustes", lambda x, y: spatial.procrustes(x, y)[2], (M, N)),

        *TRANSFORMS,
    ],
    "cluster": [
        ("vq.whiten", cluster.vq.whiten, (M,)), ("vq.vq", cluster.vq.vq, (M, M[:2])),
        ("vq.kmeans", lambda x: cluster.vq.kmeans(x, x[:2])[0], (M,)),
        ("hierarchy.linkage", cluster.hierarchy.linkage, (M,)),
        ("hierarchy.fcluster", lambda x: cluster.hierarchy.fcluster(
            cluster.hierarchy.linkage(x), 2, "maxclust"), (M,)),
        ("hierarchy.cophenet", lambda x: cluster.hierarchy.cophenet(
            cluster.hierarchy.linkage(x)), (M,)),

        ("vq.kmeans2", lambda x: cluster.vq.kmeans2(x, x[:2], minit="matrix"), (M,)),
        ("hierarchy.from_mlab_linkage", cluster.hierarchy.from_mlab_linkage, (
            np.array([[1.0, 2.0, 0.5], [3.0, 4.0, 0.7]]),)),
        ("hierarchy.to_tree", lambda z: cluster.hierarchy.to_tree(z).dist, (LINKS,)),
        ("hierarchy.dendrogram", lambda z: cluster.hierarchy.dendrogram(z, no_plot=True)["leaves"],
         (LINKS,)),
        ("hierarchy.fclusterdata", lambda x: cluster.hierarchy.fclusterdata(
            x, 2, "maxclust"), (M,)),
        ("hierarchy.leaders", lambda z: cluster.hierarchy.leaders(
            z, cluster.hierarchy.fcluster(z, 2, "maxclust")), (LINKS,)),
        ("hierarchy.is_isomorphic", cluster.hierarchy.is_isomorphic, (LABELS, 1 - LABELS)),
        ("hierarchy.optimal_leaf_ordering", cluster.hierarchy.optimal_leaf_ordering, (
            LINKS, spatial.distance.pdist(M))),
        ("hierarchy.correspond", cluster.hierarchy.correspond, (
            LINKS, spatial.distance.pdist(M))),
        ("hierarchy.is_valid_im", cluster.hierarchy.is_valid_im, (
            cluster.hierarchy.inconsistent(LINKS),)),
        ("hierarchy.maxinconsts", lambda z: cluster.hierarchy.maxinconsts(
            z, cluster.hierarchy.inconsistent(z)), (LINKS,)),
        ("hierarchy.maxRstat", lambda z: cluster.hierarchy.maxRstat(
            z, cluster.hierarchy.inconsistent(z), 1), (LINKS,)),
    ],
}  # fmt: skip

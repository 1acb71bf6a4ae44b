"""Functions and models of scikit-learn, and what they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import (
    calibration,
    covariance,
    decomposition,
    discriminant_analysis,
    gaussian_process,
    kernel_approximation,
    linear_model,
    metrics,
    mixture,
    model_selection,
    naive_bayes,
    neighbors,
    pipeline,
    preprocessing,
    svm,
    utils,
)
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

from interoperable.arrays import (
    EXPECTED,
    GUESSES,
    LABELS,
    MOVED,
    OTHERS,
    POSITIVE,
    SCORES,
    SHARES,
    SHIFTED,
    SPD,
    Rows,
    X,
    Y,
)


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
            "matthews_corrcoef", "hamming_loss", "multilabel_confusion_matrix",
        )),
        ("fbeta_score", lambda y, z: metrics.fbeta_score(y, z, beta=0.5), (LABELS, GUESSES)),
        *((name, getattr(metrics, name), (LABELS, SCORES)) for name in (
            "roc_auc_score", "average_precision_score", "brier_score_loss", "log_loss",
            "precision_recall_curve", "det_curve", "d2_brier_score", "d2_log_loss_score",
        )),
        ("roc_curve", lambda y, s: metrics.roc_curve(y, s)[:2], (LABELS, SCORES)),
        *((name, getattr(metrics, name), (POSITIVE, OTHERS)) for name in (
            "mean_squared_error", "root_mean_squared_error", "mean_absolute_error",
            "median_absolute_error", "mean_squared_log_error", "mean_absolute_percentage_error",
            "mean_pinball_loss", "mean_tweedie_deviance", "mean_poisson_deviance",
            "mean_gamma_deviance", "r2_score", "explained_variance_score", "max_error",
            "d2_absolute_error_score", "d2_tweedie_score", "d2_pinball_score",
            "root_mean_squared_log_error",
        )),
        *((f"pairwise.{name}", getattr(metrics.pairwise, name), (X, MOVED)) for name in (
            "euclidean_distances", "cosine_similarity", "cosine_distances", "linear_kernel",
            "polynomial_kernel", "rbf_kernel", "laplacian_kernel", "sigmoid_kernel",
            "manhattan_distances", "paired_euclidean_distances", "paired_cosine_distances",
            "paired_manhattan_distances", "pairwise_kernels",
        )),
        *((f"pairwise.{name}", getattr(metrics.pairwise, name), (SHARES, EXPECTED))
          for name in ("chi2_kernel", "additive_chi2_kernel")),
        ("pairwise_distances_argmin", metrics.pairwise_distances_argmin, (X, MOVED)),
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
        ("RidgeClassifierCV", fitted(linear_model.RidgeClassifierCV(), "decision_function"),
         (SHIFTED, LABELS)),
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
        *((kind.__name__, lambda x, y, kind=kind: kind(
            linear_model.Ridge(solver="svd"), {"alpha": [0.1, 1.0]}, cv=3, random_state=0,
        ).fit(x, y).predict(x), (X, Y)) for kind in (
            model_selection.HalvingGridSearchCV, model_selection.HalvingRandomSearchCV)),
        ("RandomizedSearchCV", lambda x, y: model_selection.RandomizedSearchCV(
            linear_model.Ridge(solver="svd"), {"alpha": [0.1, 1.0]}, n_iter=2, cv=3,
            random_state=0).fit(x, y).predict(x), (X, Y)),
        ("CalibratedClassifierCV", lambda x, y: calibration.CalibratedClassifierCV(
            discriminant_analysis.LinearDiscriminantAnalysis(), method="temperature", cv=3,
        ).fit(x, y).predict_proba(x), (SHIFTED, LABELS)),
        ("Nystroem", fitted(kernel_approximation.Nystroem(n_components=4, random_state=0),
                            "transform"), (X,)),
        ("check_consistent_length", lambda x, y: utils.check_consistent_length(x, y) or 0, (X, Y)),
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

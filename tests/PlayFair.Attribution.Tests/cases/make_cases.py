"""Writes the golden cases of this folder: random heads, features and priors, and their Element Shapley Values.

    python3 make_cases.py        (standard library only; the same files every time)

The values come straight from the definitions, in double and with no recursion over sizes: the multi-scale mean of every
subset by the paper's Eq. 8, then Eq. 7. Weights and features are multiples of 1/64, so a float holds them exactly.
"""

import itertools
import json
import math
import pathlib
import random

SCORES = ("softmax-of-mean", "mean-of-softmax", "logit")


def matrix(rng, rows, columns, scale):
    return [[round(rng.gauss(0, scale) * 64) / 64 for _ in range(columns)] for _ in range(rows)]


def affine(weights, x, bias):
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(weights, bias)]


def relu(x):
    return [max(v, 0.0) for v in x]


def softmax(z):
    e = [math.exp(v - max(z)) for v in z]
    return [v / sum(e) for v in e]


def mean(vectors):
    vectors = list(vectors)
    return [sum(column) / len(vectors) for column in zip(*vectors)]


def single_scale_logits(case, frames):
    features = [case["features"][t] for t in frames]
    if case["kind"] == "tsn":
        return affine(case["w"], relu(features[0]), case["b"])
    head = case["heads"][len(frames) - 1]
    hidden = relu(affine(head["w1"], list(itertools.chain(*features)), head["b1"]))
    return affine(head["w2"], hidden, head["b2"])


def score_of(case, frames, n_max):
    """v(frames) by Eq. 8; the prior for no frame."""
    if not frames:
        return [math.log(p) for p in case["prior"]] if case["score"] == "logit" else case["prior"]
    each = softmax if case["score"] == "mean-of-softmax" else list
    multi_scale = mean(
        mean(each(single_scale_logits(case, t)) for t in itertools.combinations(frames, s))
        for s in range(1, min(len(frames), n_max) + 1))
    return softmax(multi_scale) if case["score"] == "softmax-of-mean" else multi_scale


def element_shapley_values(case, n_max):
    """Eq. 7."""
    n, classes = len(case["features"]), range(len(case["prior"]))
    v = {frames: score_of(case, frames, n_max)
         for k in range(n + 1) for frames in itertools.combinations(range(n), k)}
    esv = []
    for i in range(n):
        phi = [0.0 for _ in classes]
        others = [t for t in range(n) if t != i]
        for k in range(n):
            without = list(itertools.combinations(others, k))
            for frames in without:
                with_i = v[tuple(sorted((*frames, i)))]
                for c in classes:
                    phi[c] += (with_i[c] - v[frames][c]) / len(without) / n
        esv.append(phi)
    return esv, v[tuple(range(n))]


def write(seed, kind, score, n, n_max, features, hidden, classes):
    rng = random.Random(seed)
    case = {"kind": kind, "score": score, "n": n, "D": features, "C": classes}
    if kind == "trn":
        case |= {"n_max": n_max, "H": hidden, "heads": [
            {"w1": matrix(rng, hidden, s * features, 0.6), "b1": matrix(rng, 1, hidden, 0.5)[0],
             "w2": matrix(rng, classes, hidden, 0.8), "b2": matrix(rng, 1, classes, 0.5)[0]}
            for s in range(1, n_max + 1)]}
    else:
        case |= {"w": matrix(rng, classes, features, 0.8), "b": matrix(rng, 1, classes, 0.5)[0]}
    case["features"] = matrix(rng, n, features, 1)
    case["prior"] = softmax(matrix(rng, 1, classes, 1)[0])
    case["esv"], case["scores"] = element_shapley_values(case, n_max)
    scales = f"_max{n_max}" if kind == "trn" else ""
    path = pathlib.Path(__file__).parent / f"{kind}_n{n}{scales}_{score}.json"
    path.write_text(json.dumps(case) + "\n")


for index, score_name in enumerate(SCORES):
    write(10 + index, "trn", score_name, n=6, n_max=3, features=4, hidden=6, classes=5)
    write(20 + index, "tsn", score_name, n=6, n_max=1, features=5, hidden=0, classes=9)
write(30, "trn", "softmax-of-mean", n=1, n_max=2, features=3, hidden=4, classes=3)
write(31, "trn", "softmax-of-mean", n=3, n_max=4, features=3, hidden=5, classes=17)
write(32, "trn", "logit", n=4, n_max=4, features=3, hidden=5, classes=2)

"use strict";

/** The median of some numbers; for an even count the mean of the two in the middle. */
function median(numbers) {
    const sorted = Float64Array.from(numbers).sort();
    const half = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Ratio of one implementation to another: the median of the ratios of each round. In a round both were measured
 * within seconds, so that other work on the machine has little effect.
 *
 * @param rounds - of one: the figures of each round, `undefined` for a missing one
 * @param others - of the other
 * @returns `undefined` without a round with both
 */
function ratio(rounds, others, metric) {
    const ratios = rounds
        .map((figures, round) => figures?.[metric] / others[round]?.[metric])
        .filter((value) => Number.isFinite(value));
    return ratios.length > 0 ? median(ratios) : undefined;
}

/** The median of a metric over the rounds that have it; `undefined` if none has it. */
function middle(rounds, metric) {
    const figures = rounds.map((round) => round?.[metric]).filter((value) => Number.isFinite(value));
    return figures.length > 0 ? median(figures) : undefined;
}

/** The slope of the line through some points `[x, y]` with logarithmic axes. */
function slope(points) {
    const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
    const mean = (at) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length;
    const [meanX, meanY] = [mean(0), mean(1)];
    const over = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
    return over / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

module.exports = { median, ratio, middle, slope };

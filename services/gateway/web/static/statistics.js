/** A class in numbers, by the report's own definitions: quartiles are values of the series, the deviation is the population's. */
export function statistics(values, maximum, bins = 10) {
	const marks = [...values].sort((a, b) => a - b), n = marks.length;
	if (!n) return { bars: Array(bins).fill(0) };
	const mean = marks.reduce((sum, mark) => sum + mark, 0) / n;
	const at = (share) => marks[Math.max(Math.ceil(n * share), 1) - 1];
	const bars = Array(bins).fill(0);
	for (const mark of marks) bars[Math.min(bins - 1, Math.max(0, Math.floor((mark * bins) / maximum + 1e-9)))] += 1;
	return {
		mean, bars, q1: at(1 / 4), q3: at(3 / 4), minimum: marks[0], maximum: marks[n - 1],
		median: n % 2 ? marks[(n - 1) / 2] : (marks[n / 2 - 1] + marks[n / 2]) / 2,
		deviation: Math.sqrt(marks.reduce((sum, mark) => sum + (mark - mean) ** 2, 0) / n),
	};
}

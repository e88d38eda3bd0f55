/** A class in numbers, as the report has them: quartiles are values of the series, the deviation is the population's. */

/** A mark on the edge of two bars belongs to the upper one, whatever binary fractions make of it. */
const TOLERANCE = 1e-9;

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** @type {(values: number[], maximum: number, barCount?: number) => Statistics} */
export function statistics(values, maximum, barCount = 10) {
	const bars = Array(barCount).fill(0);
	for (const mark of values) {
		const index = Math.floor((mark * barCount) / maximum + TOLERANCE);
		bars[Math.min(barCount - 1, Math.max(0, index))] += 1;
	}
	const marks = [...values].sort((a, b) => a - b);
	const count = marks.length;
	if (!count) return { bars };
	const mean = sum(marks) / count;
	/** @param {number} share */
	const quantile = (share) => marks[Math.max(Math.ceil(count * share), 1) - 1];
	return {
		bars,
		mean,
		median: count % 2 ? marks[(count - 1) / 2] : (marks[count / 2 - 1] + marks[count / 2]) / 2,
		deviation: Math.sqrt(sum(marks.map((mark) => (mark - mean) ** 2)) / count),
		minimum: marks[0],
		q1: quantile(1 / 4),
		q3: quantile(3 / 4),
		maximum: marks[count - 1],
	};
}

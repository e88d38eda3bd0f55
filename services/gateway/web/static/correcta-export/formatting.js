/** Sizes, durations and phases as text. */

const NO_BREAK_SPACE = "\u00a0";

/**
 * "1,2 Mo"
 * @type {(bytes: number, words: Words) => string}
 */
export function formatSize(bytes, { sizeUnits, language }) {
	const power = Math.min(sizeUnits.length - 1, Math.floor(Math.log2(bytes || 1) / 10));
	const digits = { maximumFractionDigits: power > 1 ? 1 : 0 };
	return (bytes / 1024 ** power).toLocaleString(language, digits) + NO_BREAK_SPACE + sizeUnits[power];
}

/**
 * "45 s", "12 min" or "3 h"
 * @param {number} seconds
 */
export function formatDuration(seconds) {
	const [unit, length] = seconds < 60 ? ["s", 1] : seconds < 7200 ? ["min", 60] : ["h", 3600];
	return Math.max(0, Math.round(seconds / Number(length))) + NO_BREAK_SPACE + unit;
}

/**
 * What a running export does; a phase of a newer server may be unknown.
 * @type {(state: ExportState, words: Words) => string}
 */
export function formatPhase({ phase, format }, words) {
	if (phase === "generating" && format !== "pdf") return words.generatingFile;
	return words.phases[phase] ?? words.titles.active;
}

/** How long a running export may still take, from how its percentage has grown so far. */

const LOADED_PERCENT = 10;
const NEARLY_DONE_PERCENT = 94;
const LEAST_GAIN = 5;
const LEAST_MS = 1000;
const LONGEST_SILENCE_MS = 8000;

/**
 * The pace after one more state. An attempt starts anew, and so does the work once everything is loaded.
 * @type {(pace: Pace | null, state: ExportState, now: number) => Pace}
 */
export function updatedPace(pace, { attempt, progress: percent }, now) {
	if (pace?.attempt !== attempt || percent < LOADED_PERCENT) {
		return { attempt, startPercent: percent, startedAt: now, percent, updatedAt: now };
	}
	return percent === pace.percent ? pace : { ...pace, percent, updatedAt: now };
}

/**
 * In steps of 5 or 60; 0 where there is too little to go by.
 * @type {(pace: Pace, now: number) => number}
 */
export function secondsLeft({ startPercent, startedAt, percent, updatedAt }, now) {
	const gained = percent - startPercent;
	const spent = updatedAt - startedAt;
	const silent = now - updatedAt;
	if (gained < LEAST_GAIN || spent < LEAST_MS || percent > NEARLY_DONE_PERCENT) return 0;
	if (silent > Math.max(LONGEST_SILENCE_MS, spent)) return 0;
	const left = ((spent / gained) * (100 - percent) - silent) / 1000;
	const step = left < 60 ? 5 : 60;
	return Math.max(5, Math.ceil(left / step) * step);
}

/** The states of an export, and which of two is the later: what is shown never goes back. */

/** @type {string[]} */
const PHASES = ["queued", "loading", "processing", "generating", "saving", "complete"];

/**
 * A status is only followed by one of a higher rank.
 * @type {Record<Http.ExportStatus, number>}
 */
const RANKS = { queued: 0, active: 1, completed: 2, failed: 2, cancelled: 2, expired: 3 };

/** The names of the server-sent events that carry a state. */
export const EVENT_NAMES = ["progress", ...Object.keys(RANKS)];

/** @type {(state: ExportState | null | undefined) => boolean} */
export const isRunning = (state) => Boolean(state && RANKS[state.status] < 2);

/**
 * The later of two states of one export; `known` itself if `received` is not later. Within an attempt nothing counts back.
 * @template {ExportState} State
 * @param {State | null | undefined} known
 * @param {State} received
 */
export function laterState(known, received) {
	if (!known) return received;
	const advance = RANKS[received.status] - RANKS[known.status];
	const contradicts = advance === 0 && (received.status !== known.status || received.attempt < known.attempt);
	if (advance < 0 || contradicts) return known;
	const next = { ...known, ...received };
	if (isRunning(received) && received.attempt === known.attempt) {
		next.progress = Math.max(known.progress, received.progress);
		next.processed = Math.max(known.processed, received.processed);
		// One of a newer server has no place.
		const place = PHASES.indexOf(received.phase);
		if (place >= 0 && PHASES.indexOf(known.phase) > place) next.phase = known.phase;
	}
	return JSON.stringify(next) === JSON.stringify(known) ? known : next;
}

/**
 * For how long the file can still be had; null where there is none, or no end to it.
 * @type {(state: ExportState | null, now: number) => number | null}
 */
export function secondsAvailable(state, now) {
	if (state?.status !== "completed" || !state.result?.expiresAt) return null;
	return (Date.parse(state.result.expiresAt) - now) / 1000;
}

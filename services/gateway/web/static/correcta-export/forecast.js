/** How long a running export may still take, as the server last told. */

const LONGEST_SILENCE_MS = 15_000;

/**
 * The forecast after one more state.
 * @type {(known: Forecast | null, state: ExportState, now: number) => Forecast | null}
 */
export function updatedForecast(known, { etaSeconds }, now) {
	if (etaSeconds === undefined || etaSeconds === null) return null;
	return known?.seconds === etaSeconds ? known : { seconds: etaSeconds, at: now };
}

/**
 * In steps of 5 or 60; 0 where nothing is told, or nothing new for long.
 * @type {(forecast: Forecast | null, now: number) => number}
 */
export function secondsLeft(forecast, now) {
	if (!forecast || now - forecast.at > forecast.seconds * 1000 + LONGEST_SILENCE_MS) return 0;
	const left = forecast.seconds - (now - forecast.at) / 1000;
	const step = left < 60 ? 5 : 60;
	return Math.max(5, Math.ceil(left / step) * step);
}

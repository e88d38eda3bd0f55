/** What the parts of the grading page share. */
import { wordsOf } from "../correcta-export/words.js";

export const words = wordsOf(document.documentElement.lang);

/** @type {import("../correcta-export.js").CorrectaExport} */
export const exporter = /** @type {any} */ (document.querySelector("correcta-export"));

/**
 * @template {HTMLElement} [Type=HTMLElement]
 * @param {string} id
 * @param {new () => Type} type
 */
export function byId(id, type = /** @type {any} */ (HTMLElement)) {
	const found = document.getElementById(id);
	if (found instanceof type) return found;
	throw new Error(`The page has no #${id}`);
}

/** @type {(selector: string, within?: ParentNode) => HTMLElement[]} */
export const queryAll = (selector, within = document) => [.../** @type {any} */ (within.querySelectorAll(selector))];

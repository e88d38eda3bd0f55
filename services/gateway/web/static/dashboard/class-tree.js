/** The tree of classes in the options: a ticked class brings those below it. */
import { queryAll } from "./page.js";

/** @type {(node: ParentNode | null | undefined, selector?: string) => HTMLInputElement[]} */
const boxesIn = (node, selector = "input") => /** @type {any} */ (node ? queryAll(selector, node) : []);

/** Checkboxes by class id. */
export const classBoxes = new Map(boxesIn(document, "#tree input").map((box) => [box.value, box]));

/** @param {Element} node */
const itemAbove = (node) => node.closest("ul")?.closest("li");

/**
 * A class and all below it.
 * @param {string} id
 */
export const withSubgroups = (id) => boxesIn(classBoxes.get(id)?.closest("li")).map(({ value }) => value);

/** The topmost classes that are ticked. */
export const tickedClasses = () =>
	[...classBoxes].filter(([, box]) => box.checked && !boxesIn(itemAbove(box))[0]?.checked).map(([id]) => id);

/**
 * Tick or clear a class with all below it; those above follow.
 * @type {(box: HTMLInputElement, checked: boolean) => void}
 */
export function tick(box, checked) {
	for (const one of boxesIn(box.closest("li"))) Object.assign(one, { checked, indeterminate: false });
	for (let item = itemAbove(box); item; item = itemAbove(item)) {
		const [parent, ...below] = boxesIn(item);
		parent.checked &&= checked;
		parent.indeterminate = !parent.checked && below.some((one) => one.checked);
	}
}

/**
 * Tick these classes and no other.
 * @param {string[]} ids
 */
export function tickOnly(ids) {
	for (const box of classBoxes.values()) Object.assign(box, { checked: false, indeterminate: false });
	for (const [id, box] of classBoxes) if (ids.includes(id)) tick(box, true);
}

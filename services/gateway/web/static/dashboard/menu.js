/** The menu Actions, by mouse and by keyboard (WAI-ARIA menu button). */
import { byId, queryAll } from "./page.js";

const menu = byId("menu");
const button = byId("actions");
const items = queryAll("[role=menuitem]", menu);

/** @type {(open: boolean, focusedItem?: number) => void} */
function toggle(open, focusedItem = 0) {
	menu.hidden = !open;
	button.setAttribute("aria-expanded", String(open));
	if (open) items.at(focusedItem)?.focus();
}

button.addEventListener("click", () => toggle(menu.hidden));
button.addEventListener("keydown", (event) => {
	if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
	event.preventDefault();
	toggle(true, event.key === "ArrowUp" ? -1 : 0);
});
menu.addEventListener("keydown", (event) => {
	const index = items.findIndex((item) => item === event.target);
	/** @type {Record<string, number | undefined>} */
	const targets = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 };
	const target = targets[event.key];
	if (["Escape", "Tab"].includes(event.key)) toggle(false);
	if (event.key === "Escape") button.focus();
	if (target === undefined) return;
	event.preventDefault();
	items.at(target % items.length)?.focus();
});
addEventListener("pointerdown", ({ target }) => {
	if (!(target instanceof Element && target.closest(".actions"))) toggle(false);
});

/** @param {(format: Http.Format) => void} choose is called when an entry is chosen */
export function onChoice(choose) {
	for (const item of items) {
		item.addEventListener("click", () => {
			toggle(false);
			button.focus();
			choose(/** @type {Http.Format} */ (item.dataset.format));
		});
	}
}

/** The menu Actions, by mouse and by keyboard (WAI-ARIA menu button). */
import { $ } from "./page.js";

const menu = $("menu"), items = [...menu.querySelectorAll("[role=menuitem]")];

function toggle(open, focus = 0) {
	menu.hidden = !open;
	$("actions").setAttribute("aria-expanded", open);
	if (open) items.at(focus).focus();
}

$("actions").addEventListener("click", () => toggle(menu.hidden));
$("actions").addEventListener("keydown", (event) => {
	if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
	event.preventDefault();
	toggle(true, event.key === "ArrowUp" ? -1 : 0);
});
menu.addEventListener("keydown", (event) => {
	const index = items.indexOf(event.target);
	const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
	if (event.key === "Escape" || event.key === "Tab") toggle(false);
	if (event.key === "Escape") $("actions").focus();
	if (to === undefined) return;
	event.preventDefault();
	items.at(to % items.length).focus();
});
addEventListener("pointerdown", ({ target }) => target.closest(".actions") || toggle(false));

/** Call `choose(format, label)` when an entry is chosen. */
export function onChoice(choose) {
	for (const item of items) {
		item.addEventListener("click", () => {
			toggle(false);
			$("actions").focus();
			choose(item.dataset.format, item.firstChild.textContent);
		});
	}
}

/** Elements made without markup: text stays text, whatever it says. */

/**
 * An element. Properties that begin with `on` are listeners, the others attributes.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | (Node | string)[])} children
 */
export function element(tag, properties = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (name.startsWith("on")) /** @type {any} */ (node)[name] = value;
		else node.setAttribute(name, value);
	}
	node.append(...children.flat());
	return node;
}

/** Values kept by the browser as JSON. Where it keeps nothing (blocked storage), nothing is found. */

/** @type {(storage: StorageName, name: string) => any} */
export function readStored(storage, name) {
	try {
		return JSON.parse(window[storage].getItem(name) ?? "null");
	} catch {
		return null;
	}
}

/** @type {(storage: StorageName, name: string, value: object | string | null) => void} */
export function store(storage, name, value) {
	try {
		if (value === null) window[storage].removeItem(name);
		else window[storage].setItem(name, JSON.stringify(value));
	} catch {
		// Not kept, then: a reload finds less.
	}
}

/** The style sheet, constructed: a content security policy needs no exception for it. */

export const styleSheet = new CSSStyleSheet();

const file = await fetch(new URL("component.css", import.meta.url));
await styleSheet.replace(await file.text());

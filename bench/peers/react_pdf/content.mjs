// Text with $..$, $$..$$ as the generated exams write it: alternating runs of prose and TeX.
const DELIMITED = /\$\$([^$]+)\$\$|\$([^$]+)\$/g;

/** @returns {{tex: boolean, value: string}[]} */
export function runs(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(DELIMITED)) {
    if (match.index > end) found.push({ tex: false, value: text.slice(end, match.index) });
    found.push({ tex: true, value: match[1] ?? match[2] });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ tex: false, value: text.slice(end) });
  return found;
}

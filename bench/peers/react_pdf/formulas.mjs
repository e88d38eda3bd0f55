// A formula as MathJax lays it out, turned into react-pdf's own Svg elements: one conversion a formula, as the original does.
import React from "react";
import { G, Path, Rect, Svg, Text as SvgText } from "@react-pdf/renderer";
import { mathjax } from "mathjax-full/js/mathjax.js";
import { TeX } from "mathjax-full/js/input/tex.js";
import { SVG } from "mathjax-full/js/output/svg.js";
import { liteAdaptor } from "mathjax-full/js/adaptors/liteAdaptor.js";
import { RegisterHTMLHandler } from "mathjax-full/js/handlers/html.js";
import { AllPackages } from "mathjax-full/js/input/tex/AllPackages.js";

const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);
const page = mathjax.document("", {
  InputJax: new TeX({ packages: AllPackages }),
  OutputJax: new SVG({ fontCache: "none" }),
});

const POINTS_PER_EX = 5;
const e = React.createElement;

function element(node, key) {
  const kind = adaptor.kind(node);
  const at = (name) => adaptor.getAttribute(node, name);
  const children = () => adaptor.childNodes(node).map(element).filter(Boolean);
  if (kind === "g" || kind === "svg") return e(G, { key, transform: at("transform") ?? undefined }, children());
  if (kind === "path") return e(Path, { key, d: at("d"), fill: "#000" });
  if (kind === "rect")
    return e(Rect, { key, x: at("x") ?? 0, y: at("y") ?? 0, width: at("width"), height: at("height"), fill: "#000" });
  if (kind === "text")
    return e(SvgText, { key, transform: at("transform") ?? undefined, style: { fontSize: 884, fontFamily: "Helvetica" } }, adaptor.textContent(node));
  return null;
}

/** @returns an Svg element, or null where MathJax gives nothing to draw. */
export function formula(tex, key) {
  const svg = adaptor.firstChild(page.convert(tex, { display: false }));
  const size = (name) => parseFloat(adaptor.getAttribute(svg, name)) * POINTS_PER_EX;
  const [width, height] = [size("width"), size("height")];
  if (!(width > 0 && height > 0)) return null;
  const drawn = adaptor.childNodes(svg).map(element).filter(Boolean);
  return e(Svg, { key, width, height, viewBox: adaptor.getAttribute(svg, "viewBox") }, drawn);
}

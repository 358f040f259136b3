// Boxes over a photograph, as SVG in the image's own pixels. Right, wrong and missed differ in
// colour, in line and in the mark before the name.

const MARKS = { right: "", wrong: "× ", missed: "? ", ignored: "(not counted) ", truth: "" };
const TEXT_PX = 12; // on the screen

/** What is drawn of one pipeline: [kind, row] each, the ground truth first and lowest. */
function drawnBoxes(image, pipeline, state) {
  const truth = image.objects.filter((row) => state.classes.has(row[LABEL])).map((row) => ["truth", row]);
  const [found, missed] = judgedBoxes(image, pipeline, state);
  return [...truth, ...missed, ...found.reverse()]
    .filter(([kind]) => !state.hidden.has(kind === "ignored" ? "wrong" : kind));
}

function caption(kind, row, classes) {
  const score = kind === "missed" || kind === "truth" ? "" : ` ${row[SCORE].toFixed(2)}`;
  return `${MARKS[kind]}${classes[row[LABEL]]}${score}`;
}

function drawBoxes(svg, image, pipeline, state, data) {
  svg.setAttribute("viewBox", `0 0 ${image.width} ${image.height}`);
  const pixel = image.width / (svg.clientWidth || image.width); // of the image, for one on screen
  const size = TEXT_PX * pixel;
  const boxes = document.createDocumentFragment(), names = document.createDocumentFragment();
  for (const [kind, row] of drawnBoxes(image, pipeline, state)) {
    const [left, top, right, bottom] = row, text = caption(kind, row, data.classes);
    const place = { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0) };
    if (kind !== "truth") boxes.append(svgElement("rect", { ...place, class: "halo" }));
    const box = svgElement("rect", { ...place, class: kind });
    box.append(svgElement("title", {}, text));
    boxes.append(box);
    if (kind === "truth" || state.hidden.has("names")) continue;
    const y = top > 1.3 * size ? top - 0.35 * size : Math.min(top + 1.1 * size, image.height - 2);
    const most = image.width - 0.58 * size * text.length; // further right it would not fit
    const x = Math.max(Math.min(left + 2 * pixel, most), 0);
    names.append(svgElement(
      "text", { x, y, class: kind, "font-size": size, "stroke-width": 3 * pixel }, text));
  }
  svg.replaceChildren(boxes, names);
}

/** A row of the table of boxes for every box drawn, and for the objects that are hidden by none. */
function listingRows(image, state, data) {
  const texts = (of, what, row, score = "") =>
    [of, what, data.classes[row[LABEL]], score, row.slice(0, 4).join(", ")];
  return [
    ...image.objects.filter((row) => state.classes.has(row[LABEL]))
      .map((row) => texts("ground truth", row[IGNORE] ? "object, ignored" : "object", row)),
    ...data.pipelines.flatMap(({ name }, place) => judgedBoxes(image, place, state).flat()
      .map(([kind, row]) => texts(name, kind, row, kind === "missed" ? "" : row[SCORE].toFixed(4)))),
  ];
}

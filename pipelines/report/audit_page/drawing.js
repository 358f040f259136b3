// A suspicion in its crop: the label, what is proposed, what each contender sees, other labels.

const TEXT_PX = 13; // on the screen

/** Every box drawn, as [class of style, box, text]; the suspicion is last and on top. */
function suspicionBoxes(each, data) {
  const others = each.others.map((row) => ["truth", row, `labelled ${data.classes[row[4]]}`]);
  const seen = each.seen.flatMap((rows, place) => rows.map((row) => [
    `series-${place % 6 + 1}`, row,
    `${data.contenders[place]}: ${data.classes[row[4]]} ${row[5].toFixed(2)}`,
  ]));
  const own = [
    ["labelled", each.label_box, `labelled ${data.classes[each.label]}`],
    ["proposed", each.proposed_box, `${data.classes[each.proposed ?? each.label]}?`],
  ];
  return [...others, ...seen, ...own.filter(([, box]) => box !== null)];
}

function drawSuspicion(svg, each, data) {
  const [left, top, width, height] = each.crop;
  svg.setAttribute("viewBox", each.crop.join(" "));
  const pixel = width / (svg.clientWidth || width); // of the image, for one on the screen
  const size = TEXT_PX * pixel;
  const boxes = document.createDocumentFragment(), names = document.createDocumentFragment();
  for (const [kind, row, text] of suspicionBoxes(each, data)) {
    const [x1, y1, x2, y2] = row;
    const place = { x: x1, y: y1, width: Math.max(x2 - x1, 0), height: Math.max(y2 - y1, 0) };
    const box = svgElement("rect", { ...place, class: kind });
    box.append(svgElement("title", {}, text));
    boxes.append(svgElement("rect", { ...place, class: "halo" }), box);
    if (kind !== "labelled" && kind !== "proposed") continue;
    // The label's name is above its box, the other's below: both stay to be read where they meet.
    const y = kind === "labelled" ? Math.max(y1 - 0.35 * size, top + size) : Math.min(y2 + 1.1 * size, top + height - 0.3 * size);
    const x = Math.max(Math.min(x1, left + width - 0.6 * size * text.length), left + 2 * pixel);
    names.append(svgElement("text", { x, y, class: kind, "font-size": size, "stroke-width": 3 * pixel }, text));
  }
  svg.replaceChildren(boxes, names);
}

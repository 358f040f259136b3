// The table of costs: whose mistakes come to what, by two costs that are typed in.
// Thresholds are the cheapest on the validation split, whose corners the page has, each with what
// it misses there and in all test images; see decision.py.

/** The corner that costs least, the highest of equal ones, as it is in test images; see costs.py. */
function cheapest(detector, miss, alarm) {
  let best = null, least = Infinity;
  detector.validation.forEach(([missed, alarms], place) => {
    const cost = miss * missed + alarm * alarms;
    if (cost < least) [best, least] = [detector.trade_offs[place], cost];
  });
  return best;
}

/** One detector's figures for 1,000 images; null for what is not known. */
function costFigures(decision, name, costs) {
  const detector = decision.detectors[name];
  if (!detector) return {};
  const [threshold, missed, alarms] = costs ? cheapest(detector, ...costs) : detector.best_f1;
  const hours = detector.seconds === null ? null : 1000 * detector.seconds / 3600;
  const each = 1000 / decision.images;
  const figures = { threshold, missed: each * missed, false_alarms: each * alarms, hours };
  if (!costs) return figures;
  const timed = decision.second_cost ? decision.second_cost * 3600 * hours : 0;
  if (hours === null && decision.second_cost) return figures;
  return { ...figures, cost: costs[0] * figures.missed + costs[1] * figures.false_alarms + timed };
}

(() => {
  const section = document.getElementById("costs");
  if (!section) return;
  const decision = JSON.parse(document.getElementById("decision-data").textContent);
  const fields = [...section.querySelectorAll("input")];
  const forms = {
    threshold: (value) => String(Number(value.toPrecision(3))),
    hours: (value) => value.toFixed(4),
  };
  const text = (value) => value.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  function show() {
    const given = fields.map((field) => (field.value === "" || !field.validity.valid ? NaN : Number(field.value)));
    const costs = given.every((cost) => Number.isFinite(cost) && cost >= 0) ? given : null;
    section.querySelector(".by").textContent = costs
      ? "cheapest on the validation split by the costs above" : "best for F1 on the validation split";
    section.querySelectorAll("td").forEach((cell) => {
      const value = costFigures(decision, cell.dataset.name, costs)[cell.dataset.row] ?? null;
      cell.textContent = value === null ? "–" : (forms[cell.dataset.row] ?? text)(value);
      cell.dataset.value = value === null ? "" : value;
    });
  }

  if (!decision.images) return;
  section.querySelector(".fields").hidden = false;
  fields.forEach((field) => field.addEventListener("input", show));
})();

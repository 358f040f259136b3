// The page: one state, shown by `show`; every control changes the state and shows it again.

(() => {
  const review = document.getElementById("audit");
  const data = JSON.parse(document.getElementById("audit-data").textContent);
  const one = (selector, within = review) => within.querySelector(selector);
  const all = (selector, within = review) => [...within.querySelectorAll(selector)];
  const picture = one(".photograph img"), drawing = one(".photograph svg"), strip = one(".strip");
  const input = one("input[type=file]");
  const filter = { kind: "", label: "", decided: "" };
  const history = []; // of each step: which ids had been decided how, and where one was
  const decisions = kept.read(data);
  let places = [], at = 0;

  const source = (place) => document.getElementById(`crop-${place}`).textContent;
  const say = (text) => { one(".message").textContent = text; };
  const verdictOf = (place) => decisions.get(data.suspicions[place].id) ?? "undecided";
  const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);

  const tiles = data.suspicions.map((each, place) => {
    const tile = element("li"), button = element("button", { type: "button", title: each.file });
    button.append(element("img", { alt: "", decoding: "async" }), element("span"));
    button.addEventListener("click", () => goTo(place));
    button.dataset.at = place;
    tile.append(button);
    return tile;
  });
  // A crop is decoded once its tile comes near.
  const watch = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting)
    .forEach(({ target }) => {
      one("img", target).src = source(Number(target.firstChild.dataset.at));
      watch.unobserve(target);
    }), { root: strip, rootMargin: "0px 300px" });
  tiles.forEach((tile) => watch.observe(tile));

  /** Take what the filter lets through; where one was is left only if it is not among it. */
  function sift() {
    places = filtered(data, decisions, filter);
    if (!places.includes(at)) at = places.find((place) => place > at) ?? places[0] ?? -1;
    strip.replaceChildren(...places.map((place) => tiles[place]));
  }

  function showTile(place) {
    const each = data.suspicions[place], button = tiles[place].firstChild, verdict = verdictOf(place);
    button.lastChild.textContent = each.probability.toFixed(2);
    button.dataset.decided = verdict;
    button.setAttribute("aria-current", place === at);
    button.setAttribute("aria-label", `${each.sentence}, ${each.probability.toFixed(2)}, ${verdict}`);
  }

  function facts(each) {
    const scores = data.contenders.map((name, place) =>
      [name, each.scores[place] === null ? "sees nothing here" : each.scores[place].toFixed(2)]);
    return [
      ["suspected of", data.kinds[each.kind]], ["probability", each.probability.toFixed(2)],
      ...scores, ["image", `${each.file} (${each.split})`], ["decision", verdictOf(at)],
    ].map(([name, value]) => {
      const row = element("tr");
      row.append(element("th", { scope: "row", textContent: name }), element("td", { textContent: value }));
      return row;
    });
  }

  function showSuspicion() {
    const each = data.suspicions[at], [, , width, height] = each.crop;
    if (picture.dataset.at !== String(at)) {
      Object.assign(picture, { width, height, src: source(at) });
      picture.dataset.at = at;
      one(".photograph").style.setProperty("--ratio", width / height);
    }
    drawing.setAttribute("aria-label", `${each.file}: ${suspicionBoxes(each, data).map(([, , text]) => text).join(", ")}`);
    drawSuspicion(drawing, each, data);
    one(".sentence").textContent = each.sentence;
    one(".facts tbody").replaceChildren(...facts(each));
    all("[data-decide]").forEach((button) =>
      button.setAttribute("aria-pressed", verdictOf(at) === button.dataset.decide));
  }

  function show() {
    const [accepted, rejected] = VERDICTS.map((verdict) => count(data, decisions, verdict));
    const left = data.suspicions.length - accepted - rejected, isThere = at >= 0;
    one(".left").textContent = `${left} of ${data.suspicions.length} left; ${accepted} accepted, ${rejected} rejected`;
    one(".title").textContent = isThere
      ? `${data.suspicions[at].sentence} (${places.indexOf(at) + 1} of ${places.length})` : "nothing to show";
    one(".nothing").hidden = isThere;
    one(".desk").hidden = !isThere;
    all("[data-decide]").forEach((button) => { button.disabled = !isThere; });
    tiles.forEach((_, place) => showTile(place));
    if (isThere) showSuspicion();
  }

  /** Keep the current tile in view, moving the strip alone and never the page. */
  function reveal() {
    if (at < 0) return;
    const tile = tiles[at];
    strip.scrollLeft = tile.offsetLeft - strip.offsetLeft - (strip.clientWidth - tile.clientWidth) / 2;
  }

  function goTo(place) {
    at = place;
    show();
    reveal();
  }

  function step(by) {
    const place = places.indexOf(at) + by;
    if (place >= 0 && place < places.length) goTo(places[place]);
  }

  /** Change decisions, an id and a verdict each, undefined to take one back; then go to a place. */
  function change(changes, next) {
    for (const [id, verdict] of changes) {
      if (verdict === undefined) decisions.delete(id); else decisions.set(id, verdict);
    }
    say(kept.write(data, decisions) ? ""
      : "This browser keeps nothing for this page: save the decisions before you close it.");
    at = next;
    sift();
    goTo(at);
  }

  const before = (ids) => ids.map((id) => [id, decisions.get(id)]);

  function decide(verdict) {
    if (at < 0) return;
    const { id } = data.suspicions[at], next = nextUndecided(places, data, decisions, at);
    history.push({ changes: before([id]), at });
    change([[id, verdict]], next < 0 ? at : next);
  }

  function undo() {
    const last = history.pop();
    if (!last) return say("There is nothing to take back.");
    return change(last.changes, last.at);
  }

  function save() {
    const url = URL.createObjectURL(new Blob([asFile(data, decisions)], { type: "application/json" }));
    element("a", { href: url, download: "decisions.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    say(`Saved: ${count(data, decisions, "accepted")} accepted, ${count(data, decisions, "rejected")} rejected.`);
  }

  async function load() {
    const [file] = input.files;
    input.value = ""; // so that the same file can be chosen again
    if (!file) return;
    try {
      if (file.size > MOST_FILE_BYTES) throw new Error("it is too large for a file of decisions");
      const { decisions: loaded, others } = fromFile(data, await file.text());
      history.push({ changes: before([...loaded.keys()]), at });
      change([...loaded], at);
      say(`Loaded: ${loaded.size} decisions${others ? `; ${others} of suspicions that are not here were left out` : ""}.`);
    } catch (error) {
      say(`${file.name}: ${error.message}.`);
    }
  }

  all("[data-filter]").forEach((chosen) => chosen.addEventListener("change", () => {
    filter[chosen.dataset.filter] = chosen.value;
    at = filtered(data, decisions, filter)[0] ?? -1; // the likeliest is what was asked for
    sift();
    goTo(at);
  }));
  one(".boxes").addEventListener("change", (event) => drawing.classList.toggle("bare", !event.target.checked));
  all("[data-step]").forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.step))));
  all("[data-decide]").forEach((button) => button.addEventListener("click", () => decide(button.dataset.decide)));
  one(".undo").addEventListener("click", undo);
  one(".save").addEventListener("click", save);
  one(".load").addEventListener("click", () => input.click());
  input.addEventListener("change", load);

  const keys = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1),
    y: () => decide("accepted"), n: () => decide("rejected"), u: undo,
  };
  document.addEventListener("keydown", (event) => {
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const isBusy = event.target.closest("select, .scroll") !== null;
    const isHeld = event.repeat && !event.key.startsWith("Arrow"); // a held key decides once
    if (!act || isBusy || isHeld || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act();
  });
  new ResizeObserver(() => { if (at >= 0) drawSuspicion(drawing, data.suspicions[at], data); }).observe(one(".photograph"));

  review.hidden = !data.suspicions.length;
  at = nextUndecided([...data.suspicions.keys()], data, decisions, -1);
  if (at < 0) at = 0; // all are decided
  sift();
  show();
  reveal();
})();

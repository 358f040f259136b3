// The gallery: one state, shown by `show`; every control changes the state and shows it again.

(() => {
  const gallery = document.getElementById("gallery");
  const data = JSON.parse(document.getElementById("gallery-data").textContent);
  const one = (selector, within = gallery) => within.querySelector(selector);
  const all = (selector, within = gallery) => [...within.querySelectorAll(selector)];
  const panels = all(".panel"), strip = one(".strip"), listing = one(".listing");
  let state = fromHash(location.hash, data);
  let order = [], moved = false;

  if (!data.images.length) return;
  gallery.hidden = false;

  function source(place) {
    const image = data.images[place];
    return image.photograph ?? document.getElementById(`photograph-${place}`).textContent;
  }

  function summary(counts) {
    const ignored = counts.ignored ? `, ${counts.ignored} not counted` : "";
    return `${counts.right} right, ${counts.wrong} wrong ×, ${counts.missed} missed ?${ignored}`;
  }

  const tiles = data.images.map((image, place) => {
    const tile = document.createElement("li"), button = document.createElement("button");
    const picture = document.createElement("img"), text = document.createElement("span");
    Object.assign(picture, { alt: "", loading: "lazy", decoding: "async", src: image.thumb });
    Object.assign(button, { type: "button", title: image.name });
    button.dataset.at = place;
    button.append(picture, text);
    button.addEventListener("click", () => change({ at: place }));
    tile.append(button);
    return tile;
  });

  /** Put the images in order: when it is chosen or a slider let go, not while one moves. */
  function sort() {
    order = ordered(data, state);
    if (!order.includes(state.at)) state.at = order[0];
    strip.replaceChildren(...order.map((place) => tiles[place]));
  }

  function showTiles() {
    tiles.forEach((tile, place) => {
      const counts = data.pipelines.map((_, pipeline) => mistakes(data.images[place], pipeline, state));
      const button = tile.firstChild;
      button.lastChild.textContent = counts.join(" · ");
      button.setAttribute("aria-label", `${data.images[place].name}, mistakes: ${
        data.pipelines.map((pipeline, k) => `${pipeline.name} ${counts[k]}`).join(", ")}`);
      button.setAttribute("aria-current", place === state.at);
    });
  }

  function showPanel(panel, pipeline) {
    const image = data.images[state.at], settings = data.pipelines[pipeline];
    const threshold = state.thresholds[pipeline];
    const picture = one("img", panel), svg = one("svg", one(".photograph", panel));
    if (picture.dataset.at !== String(state.at)) {
      Object.assign(picture, { width: image.width, height: image.height, src: source(state.at) });
      picture.dataset.at = state.at;
      one(".photograph", panel).style.setProperty("--ratio", image.width / image.height);
    }
    const counts = tally(image, pipeline, state);
    one(".tally", panel).textContent = summary(counts);
    one("output", panel).textContent = threshold.toPrecision(3);
    Object.assign(one("input", panel), { min: settings.lowest, max: settings.highest, value: threshold });
    one("input", panel).setAttribute("aria-valuetext", `${threshold.toPrecision(3)}: ${summary(counts)}`);
    one(".reset", panel).hidden = threshold === settings.threshold;
    svg.setAttribute("aria-label", `${settings.name} on ${image.name} from a score of ${threshold.toPrecision(3)}: ${summary(counts)}`);
    drawBoxes(svg, image, pipeline, state, data);
  }

  function showListing() {
    if (!listing.open) return;
    one("tbody", listing).replaceChildren(...listingRows(data.images[state.at], state, data).map((texts) => {
      const row = document.createElement("tr");
      row.append(...texts.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
      return row;
    }));
  }

  function show() {
    const place = order.indexOf(state.at);
    one(".title").textContent = `${data.images[state.at].name} (${place + 1} of ${order.length})`;
    panels.forEach(showPanel);
    showTiles();
    showListing();
    all("[data-show]").forEach((box) => { box.checked = !state.hidden.has(box.dataset.show); });
    all("[data-class]").forEach((box) => { box.checked = state.classes.has(Number(box.dataset.class)); });
    one(".chosen").textContent = `${state.classes.size} of ${data.classes.length}`;
    one("select.by").value = state.order;
    all("select.slice").forEach((choice) => { choice.value = state.slice; });
    one(".permalink").href = toHash(state, data);
    if (moved) history.replaceState(null, "", toHash(state, data));
  }

  /** Keep the current tile in view, moving the strip alone and never the page. */
  function reveal() {
    const tile = tiles[state.at];
    strip.scrollLeft = tile.offsetLeft - strip.offsetLeft - (strip.clientWidth - tile.clientWidth) / 2;
  }

  function change(parts, resort = false) {
    Object.assign(state, parts);
    moved = true;
    if (resort) sort();
    show();
    if (resort || "at" in parts) reveal();
  }

  function step(by) {
    const place = order.indexOf(state.at) + by;
    if (place >= 0 && place < order.length) change({ at: order[place] });
  }

  function toggled(set, item, isIn) {
    const made = new Set(set);
    if (isIn) made.add(item); else made.delete(item);
    return made;
  }

  panels.forEach((panel, pipeline) => {
    const moveTo = (value) => ({
      thresholds: state.thresholds.map((old, place) => (place === pipeline ? value : old)),
    });
    one("input", panel).addEventListener("input", (event) => change(moveTo(Number(event.target.value))));
    one("input", panel).addEventListener("change", () => change({}, true));
    one(".reset", panel).addEventListener("click", () => {
      change(moveTo(data.pipelines[pipeline].threshold), true);
      one("input", panel).focus();
    });
  });
  all("[data-show]").forEach((box) => box.addEventListener("change", () =>
    change({ hidden: toggled(state.hidden, box.dataset.show, !box.checked) })));
  all("[data-class]").forEach((box) => box.addEventListener("change", () =>
    change({ classes: toggled(state.classes, Number(box.dataset.class), box.checked) }, true)));
  all("[data-classes]").forEach((button) => button.addEventListener("click", () =>
    change({ classes: new Set(button.dataset.classes === "all" ? data.classes.keys() : []) }, true)));
  const asked = (parts) => {
    Object.assign(state, parts);
    sort();
    change({ at: order[0] }, true); // the first is what was asked for
  };
  one("select.by").addEventListener("change", (event) => asked({ order: event.target.value }));
  all("select.slice").forEach((choice) => choice.addEventListener("change", () => asked({ slice: choice.value })));
  all("[data-step]").forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.step))));
  listing.addEventListener("toggle", showListing);

  let isSeen = false;
  new IntersectionObserver((entries) => { isSeen = entries.at(-1).isIntersecting; }).observe(gallery);
  document.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const isBusy = event.target.closest("select, input[type=range], input[type=number], .scroll") !== null;
    if (!by || !isSeen || isBusy || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    step(by);
  });

  new ResizeObserver(() => panels.forEach(showPanel)).observe(one(".panels"));
  window.addEventListener("hashchange", () => {
    if (!location.hash.startsWith("#gallery?")) return;
    state = fromHash(location.hash, data);
    sort();
    show();
    reveal();
  });
  // On paper what can be opened is open: nobody can open it there.
  window.addEventListener("beforeprint", () =>
    document.querySelectorAll("details:not(.listing, .classes, .settings)").forEach((part) => { part.open = true; }));

  sort();
  show();
  reveal();
  if (location.hash.startsWith("#gallery?")) document.getElementById("pictures").scrollIntoView();
})();

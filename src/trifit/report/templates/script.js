"use strict";
// Over a page that is complete without it: values under the pointer, legends that
// toggle, tables that sort. Reads data attributes; writes only text.
(() => {
  const REACH = 18; // pixels from a mark at which its value is read
  const tip = document.createElement("output");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  let read = null;

  const hide = () => {
    read?.classList.remove("read");
    read = null;
    tip.hidden = true;
  };
  const show = (mark) => {
    if (mark !== read) {
      hide();
      read = mark;
      read.classList.add("read");
      tip.textContent = read.dataset.tip;
    }
    tip.hidden = false;
    const box = read.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const middle = box.left + box.width / 2 - own.width / 2;
    const above = box.top - own.height - 8;
    tip.style.left = `${Math.max(4, Math.min(middle, innerWidth - own.width - 4))}px`;
    tip.style.top = `${above < 4 ? Math.min(box.bottom + 8, innerHeight - own.height - 4) : above}px`;
  };
  const marks = (picture) =>
    [...picture.querySelectorAll("[data-tip]")].filter((mark) => !mark.closest(".off"));
  const nearest = (picture, x, y) => {
    let best = null;
    let least = REACH;
    for (const mark of marks(picture)) {
      const box = mark.getBoundingClientRect();
      const off = Math.hypot(
        Math.max(box.left - x, 0, x - box.right),
        Math.max(box.top - y, 0, y - box.bottom),
      );
      const middle = Math.hypot(box.left + box.width / 2 - x, box.top + box.height / 2 - y);
      const distance = off + middle / 1000;
      if (distance < least) [best, least] = [mark, distance];
    }
    return best;
  };

  for (const picture of document.querySelectorAll(".picture")) {
    const point = (event) => {
      const mark = nearest(picture, event.clientX, event.clientY);
      if (mark) show(mark);
      else hide();
    };
    picture.addEventListener("pointermove", point);
    picture.addEventListener("pointerdown", point);
    picture.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") hide();
    });
    picture.addEventListener("blur", hide);
    picture.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      const all = marks(picture);
      if (!all.length) return;
      event.preventDefault();
      const next = all[(all.indexOf(read) + step + all.length) % all.length];
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
      show(next);
    });
  }
  addEventListener("scroll", () => read && show(read), { capture: true, passive: true });

  for (const entry of document.querySelectorAll(".legend [data-key]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(...entry.childNodes);
    entry.append(button);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      for (const part of entry.closest("figure, main").querySelectorAll("[data-fit]")) {
        if (part.dataset.fit === entry.dataset.key) part.classList.toggle("off", !on);
      }
      hide();
    });
  }

  const order = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => {
          const cell = row.cells[column];
          return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
        };
        const missing = (value) => value === "" || String(value).startsWith("–");
        body.append(
          ...[...body.rows].sort((r, s) => {
            const [a, b] = [key(r), key(s)];
            if (missing(a) || missing(b)) return missing(a) - missing(b);
            return down ? order(b, a) : order(a, b);
          }),
        );
      });
    });
  }
})();

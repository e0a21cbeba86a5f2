// What makes pages of the console livelier. Each of them works without it.
import "htmx.org";
import "./kept_typing";

// A form is sent once, however often its button is pressed; the page that answers has fresh buttons.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
});

// A page that the browser shows again from its memory, by the button back, may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset.sent;
});

// After htmx has put in a part of a page, forms in it are new.
document.addEventListener("htmx:after:swap", () => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset.sent;
});

// What an editor could not save by itself is told beside it: the page of a refusal is not put in, and a server that does
// not answer has none.
for (const fault of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(fault, (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-not-saved]");
    const place = form?.querySelector("#saved");
    if (!form || !place) return;
    place.querySelector("[data-fault]")?.remove();
    const told = Object.assign(document.createElement("p"), { className: "message bad", textContent: form.dataset.notSaved });
    told.dataset.fault = "";
    told.setAttribute("role", "alert");
    place.prepend(told);
  });
}

// Esc closes what was folded out last, and puts the cursor back on what opened it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = (document.activeElement ?? document.body).closest<HTMLDetailsElement>("details.ask[open]");
  if (open === null) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});

// Cells of a spreadsheet that are pasted into a cell of a table go into it and the cells beside and below it; rows and
// columns are added where there are too few.
document.addEventListener("paste", (event) => {
  const field = event.target as HTMLInputElement;
  const grid = field.closest?.<HTMLTableElement>("table[data-grid]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!grid || !/[\t\n]/.test(text.trimEnd())) return;
  event.preventDefault();
  const place = field.closest("td")!;
  const [top, left] = [place.parentElement as HTMLTableRowElement, place.cellIndex];
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  const width = left + Math.max(...lines.map((cells) => cells.length));
  const columns = grid.closest("form")!.querySelector<HTMLInputElement>("input[name=columns]")!;
  const body = grid.tBodies[0]!;
  while (body.rows.length < top.rowIndex + lines.length) body.append(body.rows[body.rows.length - 1]!.cloneNode(true));
  for (const row of body.rows) {
    while (row.cells.length < width) row.append(row.cells[row.cells.length - 1]!.cloneNode(true));
  }
  columns.value = String(body.rows[0]!.cells.length);
  lines.forEach((cells, down) => {
    cells.forEach((cell, along) => {
      const input = body.rows[top.rowIndex + down]!.cells[left + along]!.querySelector("input")!;
      input.value = cell;
    });
  });
});

// On a narrow screen the menu is a row that scrolls: the section that one is in is to be seen.
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What makes pages of the console livelier. Each of them works without it.
import "htmx.org";

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

// Esc closes what was folded out last, and puts the cursor back on what opened it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = (document.activeElement ?? document.body).closest<HTMLDetailsElement>("details.ask[open]");
  if (open === null) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});

// While settings are tried, show what they would mean. The server does the arithmetic: the same
// page is fetched with the form's values in its address, and its part is put in place of ours.
// Nothing is saved by that. Without script a button does the same.

const form = document.querySelector("[data-tries]");
const PAUSE = 250;
let timer = 0;
let running = null;

for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;

function asked() {
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("csrf");
  return `${new URL(form.action).pathname}?${fields}`;
}

async function show() {
  running?.abort();
  running = new AbortController();
  try {
    const answer = await fetch(asked(), { signal: running.signal, redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.getElementById(form.dataset.tries);
    const mine = document.getElementById(form.dataset.tries);
    if (!part || !mine) return;
    // The line that screen readers announce stays the same element; only its words change.
    const said = mine.querySelector("[role=status]");
    said.replaceChildren(...part.querySelector("[role=status]").childNodes);
    mine.querySelector("tbody").replaceWith(part.querySelector("tbody"));
  } catch (error) {
    if (error.name !== "AbortError") mineIsOld();
  }
}

function mineIsOld() {
  const said = document.querySelector(`#${form.dataset.tries} [role=status]`);
  said.textContent = "The numbers could not be renewed. They may not fit the settings.";
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
});

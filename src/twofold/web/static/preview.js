// While the name of the organisation is typed, show how the entry will look in the app. The
// server has the last word; this follows the same rules: characters that some apps misread
// become spaces, and 30 characters are kept.

const issuer = document.querySelector('[data-preview="issuer"]');
const label = document.querySelector('[data-preview="label"]');
const field = (name) => document.getElementById(`field-${name}`);

const tidy = (text, length) =>
  [...text.replace(/[:?&%#+/\\\p{Cc}]/gu, " ").replace(/\s+/g, " ").trim()]
    .slice(0, length)
    .join("")
    .trim();

function follow(input, output, length) {
  if (!input || !output) return;
  const initial = output.textContent;
  input.addEventListener("input", () => {
    output.textContent = tidy(input.value, length) || initial;
  });
}

follow(field("issuer") ?? field("organisation"), issuer, 30);
if (field("organisation")) follow(field("email"), label, 50);

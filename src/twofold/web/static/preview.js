// While the name of the organisation is typed, show how the entry will look in the app. The
// server has the last word; this follows the same rules: what some apps misread becomes a hyphen
// inside a word and a blank elsewhere, and a name of more than 30 characters ends after a word.

const MOST = 30;
const WORDS_FROM = 8;

const issuer = document.querySelector('[data-preview="issuer"]');
const label = document.querySelector('[data-preview="label"]');
const field = (name) => document.getElementById(`field-${name}`);

const loose = (text) => text.replace(/^[ ,-]+|[ ,-]+$/g, "");

function cut(words) {
  const all = [...words];
  if (all.length <= MOST) return words;
  const short = all.slice(0, MOST).join("");
  const gap = short.lastIndexOf(" ");
  return all[MOST] !== " " && gap >= WORDS_FROM ? short.slice(0, gap) : short;
}

function asIssuer(text) {
  const seen = text.normalize("NFC").replace(/\p{Cc}/gu, " ");
  const inside = seen.replace(/(?<=\S)[:?&%#+/\\]+(?=\S)/g, "-").replace(/[:?&%#+/\\]+/g, " ");
  return loose(cut(loose(inside.replace(/\s+/g, " "))));
}

const asLabel = (text) => text.trim().replace(/[:?&%#/\\]/g, "-");

function follow(input, output, shape) {
  if (!input || !output) return;
  const initial = output.textContent;
  input.addEventListener("input", () => {
    output.textContent = shape(input.value) || initial;
  });
}

follow(field("issuer") ?? field("organisation"), issuer, asIssuer);
if (field("organisation")) follow(field("email"), label, asLabel);

// A page to ask GraphQL from, served by the gateway itself so that it works without the internet.
import { showSchema } from "/page/schema.js";

const $ = (id) => document.getElementById(id);
const KEPT = ["query", "variables", "acting-for"];
const FIRST = `# Ctrl-Enter runs the query. The schema is on the right.
query Me {
  me {
    organisation { odsCode name }
    roles
  }
}
`;

async function ask(query, variables, operationName) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  if ($("authorization").value) headers.authorization = $("authorization").value;
  if ($("acting-for").value) headers["x-acting-for"] = $("acting-for").value;
  const answer = await fetch("/graphql", {
    method: "POST", headers, body: JSON.stringify({ query, variables, operationName }),
  });
  return answer.json();
}

async function run() {
  const began = performance.now();
  $("status").textContent = "Running…";
  try {
    const variables = JSON.parse($("variables").value || "{}");
    const answer = await ask($("query").value, variables, null);
    $("answer").textContent = JSON.stringify(answer, null, 2);
    $("status").textContent = `${Math.round(performance.now() - began)} ms`;
  } catch (error) {
    $("status").textContent = String(error);
  }
  for (const id of KEPT) sessionStorage.setItem(id, $(id).value);
}

function option(text, value) {
  const made = document.createElement("option");
  made.textContent = text;
  made.value = value;
  return made;
}

// Sign in through the demonstration's issuer, which offers whom one may be.
async function offerPeople(signIn) {
  const people = await (await fetch(`${signIn}/people`)).json();
  if (!people.length) return;
  const label = (one) => one.name ?? one.role ?? one.subject;
  $("person").replaceChildren(option("nobody", ""), ...people.map((one, index) => option(label(one), index)));
  $("picker").hidden = false;
  $("person").addEventListener("change", async () => {
    const one = people[$("person").value];
    if (!one) { $("authorization").value = ""; return; }
    const answer = await fetch(`${signIn}/token`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ subject: one.subject }),
    });
    $("authorization").value = `Bearer ${(await answer.json()).access_token}`;
    const organisations = one.organisations ?? (one.organisation ? [one.organisation] : []);
    $("organisations").replaceChildren(...organisations.map((code) => option(code, code)));
    if (organisations.length) $("acting-for").value = organisations[0];
  });
}

for (const id of KEPT) $(id).value = sessionStorage.getItem(id) ?? $(id).value;
if (!$("query").value) $("query").value = FIRST;
$("run").addEventListener("click", run);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
});
showSchema(ask, $("schema"), $("search"));
const { signIn } = await (await fetch("/page/config.json")).json();
if (signIn) offerPeople(signIn);

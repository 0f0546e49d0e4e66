// GraphiQL, with a bar above it that says who is asking. Served whole by the gateway: no CDN.
const $ = (id) => document.getElementById(id);
const KEPT = ["person", "authorization", "acting-for"];
const FIRST = `# Choose a person above, then Ctrl-Enter.
query Me {
  me {
    organisation { odsCode name }
    roles { role paymentTypes }
  }
}
`;

function headers() {
  const given = {
    "content-type": "application/json",
    accept: "application/graphql-response+json, application/json",
  };
  if ($("authorization").value) given.authorization = $("authorization").value;
  if ($("acting-for").value) given["x-acting-for"] = $("acting-for").value;
  return given;
}

async function fetcher(asked) {
  const answer = await fetch("/graphql", {
    method: "POST", headers: headers(), body: JSON.stringify(asked),
  });
  return answer.json();
}

function keep() {
  for (const id of KEPT) sessionStorage.setItem(id, $(id).value);
}

// Sign in through the demonstration's issuer, which says whom one may be.
async function offerPeople(signIn) {
  const listed = await (await fetch(`${signIn}/people`)).json();
  const people = new Map(listed.map((one) => [one.name, one]));
  const options = [...people.keys()].map((value) => Object.assign(document.createElement("option"), { value }));
  $("people").replaceChildren(...options);
  $("picker").hidden = !people.size;
  $("person").addEventListener("change", async () => {
    const chosen = people.get($("person").value);
    $("authorization").value = chosen ? await token(signIn, chosen.subject) : "";
    $("acting-for").value = chosen?.organisation ?? "";
    keep();
  });
}

async function token(signIn, subject) {
  const answer = await fetch(`${signIn}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ subject }),
  });
  return `Bearer ${(await answer.json()).access_token}`;
}

for (const id of KEPT) {
  $(id).value = sessionStorage.getItem(id) ?? "";
  $(id).addEventListener("change", keep);
}
const graphiql = React.createElement(GraphiQL, {
  fetcher, defaultQuery: FIRST, isHeadersEditorEnabled: false, forcedTheme: "light",
});
ReactDOM.render(graphiql, $("graphiql"));
const { signIn } = await (await fetch("/page/config.json")).json();
if (signIn) offerPeople(signIn);

// The schema as pages one can walk through: every type and field with its description.

const QUESTION = `query Schema { __schema {
  queryType { name } mutationType { name }
  types { kind name description
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason
      args { name description defaultValue type { ...Type } } type { ...Type } }
    inputFields { name description defaultValue type { ...Type } }
    enumValues(includeDeprecated: true) { name description }
    possibleTypes { name } } } }
fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const named = (type) => (type.ofType ? named(type.ofType) : type.name);
const written = (type) =>
  type.kind === "NON_NULL" ? `${written(type.ofType)}!`
    : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

export async function showSchema(ask, room, search) {
  const answer = await ask(QUESTION, {}, "Schema");
  const schema = answer.data?.__schema;
  if (!schema) return;
  const types = new Map(schema.types.filter((one) => !one.name.startsWith("__")).map((one) => [one.name, one]));

  const link = (type) => {
    const button = element("button", written(type));
    button.addEventListener("click", () => show(named(type)));
    return button;
  };
  const line = (field) => {
    const head = element("div");
    const code = element("code", field.name);
    head.append(code);
    for (const argument of field.args ?? []) {
      const given = argument.defaultValue == null ? "" : ` = ${argument.defaultValue}`;
      const part = element("div", `  ${argument.name}: `);
      part.append(link(argument.type), given);
      if (argument.description) part.title = argument.description;
      head.append(part);
    }
    if (field.type) head.append(": ", link(field.type));
    const words = [field.description, field.isDeprecated ? `Deprecated: ${field.deprecationReason}` : ""];
    return [head, element("p", words.filter(Boolean).join(" "), "words")];
  };
  const show = (name) => {
    const type = types.get(name);
    if (!type) return;
    const back = element("button", "All types");
    back.addEventListener("click", () => list(""));
    const fields = [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])];
    const kinds = (type.possibleTypes ?? []).map((one) => ({ name: one.name, type: { kind: "OBJECT", name: one.name } }));
    room.replaceChildren(back, element("h2", name), element("p", type.description, "words"),
      ...fields.flatMap(line), ...kinds.flatMap(line));
  };
  const list = (text) => {
    const wanted = text.toLowerCase();
    const roots = [schema.queryType?.name, schema.mutationType?.name].filter(Boolean);
    const names = [...roots, ...[...types.keys()].filter((one) => !roots.includes(one)).sort()];
    const matches = (name) => name.toLowerCase().includes(wanted)
      || (types.get(name).fields ?? []).some((field) => field.name.toLowerCase().includes(wanted));
    room.replaceChildren(...names.filter(matches).map((name) => {
      const head = element("p");
      head.append(link({ kind: "OBJECT", name }));
      return head;
    }));
  };
  search.addEventListener("input", () => list(search.value));
  list("");
}

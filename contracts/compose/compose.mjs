// Composes a folder of subgraph schemas (NAME.graphql) into one supergraph.
//   node compose.mjs FOLDER > supergraph.graphql
// Prints what is wrong, by code, and exits with 1 when they do not compose.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node compose.mjs FOLDER");
  process.exit(2);
}
const services = readdirSync(folder)
  .filter((file) => file.endsWith(".graphql"))
  .sort()
  .map((file) => {
    const name = basename(file, ".graphql");
    const typeDefs = parse(readFileSync(join(folder, file), "utf8"));
    return { name, url: `http://${name}/graphql`, typeDefs };
  });

const composed = composeServices(services);
if (composed.errors?.length) {
  for (const error of composed.errors) {
    console.error(`${error.extensions?.code ?? "ERROR"}: ${error.message}`);
  }
  process.exit(1);
}
process.stdout.write(`${composed.supergraphSdl.trimEnd()}\n`);

import { apiId } from "./_calls.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import { keyName } from "./_patterns.ts";
import { bare, type Node, userOf } from "./_syntax.ts";

type Answer = "yes" | "no" | "unknown";

function isNothing(node: Node): boolean {
  return (node.type === "Identifier" && node.name === "undefined") ||
    (node.type === "Literal" && node.raw === "null");
}

/** Whether anything is written to a variable's properties after it was made. */
function isChanged(file: LintedFile, id: Node): boolean {
  const binding = file.scopes.reference(id)?.binding;
  if (!binding) return true;
  return binding.references.some((reference) => {
    const user = userOf(reference.id);
    if (reference.write) return true;
    if (user?.type !== "MemberExpression") {
      // Handed to a function that may add the signal.
      return user?.type === "CallExpression" &&
        apiId(file, user.callee) !== "global.fetch";
    }
    const above = userOf(user);
    return above?.type === "AssignmentExpression" && above.left === user;
  });
}

function inOptions(file: LintedFile, options: Node | undefined): Answer {
  if (options === undefined) return "no";
  const node = bare(options);
  if (isNothing(node)) return "no";
  if (node.type === "Identifier") {
    const value = file.values.of(node);
    return value?.is === "object" && !isChanged(file, node)
      ? inOptions(file, value.node)
      : "unknown";
  }
  if (node.type === "ConditionalExpression") {
    const both = [
      inOptions(file, node.consequent),
      inOptions(file, node.alternate),
    ];
    return both.includes("no") && !both.includes("unknown") ? "no" : "unknown";
  }
  if (node.type !== "ObjectExpression") return "unknown";
  let answer: Answer = "no";
  for (const property of node.properties) {
    if (property.type === "Property") {
      const name = keyName(property);
      if (name === null) answer = "unknown";
      if (name !== "signal") continue;
      answer = isNothing(bare(property.value as Node)) ? "no" : "yes";
    } else {
      const spread = inOptions(
        file,
        (property as unknown as { argument: Node }).argument,
      );
      if (spread !== "no") answer = spread;
    }
  }
  return answer;
}

/** What the first argument says: a `Request` may bring its own signal. */
function inRequest(file: LintedFile, input: Node): Answer {
  const node = bare(input);
  if (node.type === "NewExpression") {
    const id = apiId(file, node.callee);
    if (id === "global.Request") {
      const [inner, options] = node.arguments as Node[];
      const answer = inOptions(file, options);
      return answer === "no" && inner ? inRequest(file, inner) : answer;
    }
    const isLocal = id === "global.URL" &&
      node.arguments.some((argument) =>
        (argument as Node).type === "MemberExpression" &&
        file.text.slice(...argument.range) === "import.meta.url"
      );
    return isLocal ? "unknown" : "no";
  }
  if (node.type === "Identifier" || node.type === "MemberExpression") {
    const value = file.values.of(node);
    if (value?.is === "string") {
      return isLocalUrl(file, node) ? "unknown" : "no";
    }
    if (value?.is === "instance" && value.name !== "Request") return "no";
    if (node.type === "Identifier") {
      const binding = file.scopes.reference(node)?.binding;
      const made = binding?.kind === "variable" && binding.values.length === 1
        ? binding.values[0]!
        : null;
      if (made !== null && made.path.length === 0) {
        return inRequest(file, made.expression);
      }
    }
    const name = node.type === "Identifier"
      ? node.name
      : file.values.memberName(node) ?? "";
    return value?.is === "instance" ||
        /^(?:req|request|raw|input|init)$/i.test(name) ||
        /[rR]equest$/.test(name)
      ? "unknown"
      : "no";
  }
  if (node.type === "CallExpression") {
    // `request.clone()`, `withAuth(request)`.
    const text = file.text.slice(...node.range);
    return /request|clone/i.test(text) ? "unknown" : "no";
  }
  return isLocalUrl(file, node) ? "unknown" : "no";
}

function isLocalUrl(file: LintedFile, node: Node): boolean {
  return /^(?:data|file|blob):/.test(file.values.text(node) ?? "");
}

function* check(file: LintedFile): Generator<Finding> {
  // A test has the time limit of its runner.
  if (file.isTest) return;
  for (const call of file.nodesOf("CallExpression")) {
    if (apiId(file, call.callee) !== "global.fetch") continue;
    const [input, options] = call.arguments as Node[];
    if (!input || input.type === "SpreadElement") continue;
    if (options?.type === "SpreadElement") continue;
    if (inOptions(file, options) !== "no") continue;
    if (inRequest(file, input) !== "no") continue;
    yield {
      node: call.callee,
      message: "`fetch` without a `signal` may wait for ever",
      hint: "Pass `signal: AbortSignal.timeout(milliseconds)`, together with " +
        "the caller's: `AbortSignal.any([signal, AbortSignal.timeout(…)])`.",
    };
  }
}

/** Reports `fetch` without a signal that could end it. */
export const fetchNeedsDeadline: LoopRule = {
  summary: "`fetch` without a `signal`, in its options or in its `Request`: " +
    "nothing ends it when the other side never answers.",
  check,
};

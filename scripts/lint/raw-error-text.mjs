/**
 * ESLint rule: the text of an error that is not ours goes nowhere. Parsers, patterns and clients of HTTP quote what they were given, which may be
 * a secret. `shared/lib/readable-reason.ts` knows what may be shown of an error; classes of our own say only what we wrote.
 */
const TEXTS = new Set(["message", "stack", "cause"]);

export const rawErrorText = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      property: "The {{name}} of an error that is not ours may quote a secret: use readableReason or placeOf.",
      text: "An error that is not ours may quote a secret when it becomes text: use readableReason.",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const typeOf = (node) => services.getTypeAtLocation(node);
    return {
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (!TEXTS.has(name)) return;
        if (isForeignError(typeOf(node.object)) || isUnknown(typeOf(node)))
          context.report({ node, messageId: "property", data: { name } });
      },
      "CallExpression[callee.name='String']"(node) {
        const [value] = node.arguments;
        if (value?.type === "Identifier" && (isUnknown(typeOf(value)) || isForeignError(typeOf(value))))
          context.report({ node, messageId: "text" });
      },
    };
  },
};

/** TypeFlags.Any and TypeFlags.Unknown: what a `catch` gives, and what is behind `"message" in error`. */
function isUnknown(type) {
  return (type.flags & 3) !== 0;
}

function isForeignError(type) {
  const parts = type.types ?? [type];
  return parts.some((part) => isError(part) && !isOurs(part));
}

function isError(type) {
  return type.symbol?.name === "Error" || (type.getBaseTypes?.() ?? []).some(isError);
}

function isOurs(type) {
  return (type.symbol?.declarations ?? []).every((declaration) => {
    const { fileName } = declaration.getSourceFile();
    return !fileName.includes("/node_modules/") && /\/(?:shared|functions)\//.test(fileName);
  });
}

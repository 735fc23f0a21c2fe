import { MAX_BODY_BYTES } from "../../../shared/core/requests/render-body.ts";
import { MAX_HEADER_BYTES } from "../../../shared/core/requests/render-request.ts";
import { MAX_URL_BYTES } from "../../../shared/core/requests/render-url.ts";
import {
  MAX_FILTERS,
  MAX_PLACEHOLDERS,
  MAX_RENDER_CHARACTERS,
  MAX_TEMPLATE_CHARACTERS,
  RenderWork,
} from "../../../shared/core/templates/work.ts";
import { compileWebhook, renderRequest } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { anEvent, render, renderedBody, renderedUrl, type Written } from "../../support/an-event.ts";

function faultOf(written: Written, attributes = "{}"): string {
  const rendering = render(written, anEvent(attributes));
  return rendering.ok ? "" : rendering.fault.message;
}

describe("counts", () => {
  test("a webhook has at most a thousand placeholders in total, and the fault names the field that exceeds it", () => {
    const url = `https://api.example.com/x${"{{a}}".repeat(200)}`;
    const headers = { "X-A": "{{a}}".repeat(300), "X-B": "{{a}}".repeat(100) };
    expect(faultOf({ url, headers, body: "{{a}}".repeat(400) })).toBe("");
    const said = `more than ${String(MAX_PLACEHOLDERS)} placeholders in the URL, the headers and the body together; use fewer.`;
    expect(faultOf({ url, headers, body: "{{a}}".repeat(401) })).toBe(`body: ${said}`);
    expect(faultOf({ url, headers: { ...headers, "X-B": "{{a}}".repeat(501) } })).toBe(`headers/1/value: ${said}`);
  });

  test("a placeholder has at most ten filters, raw among them", () => {
    const ten = "|upcase".repeat(MAX_FILTERS - 1);
    expect(renderedBody(`{{a${ten}|raw}}`, anEvent('{"a":"x"}'))).toBe("X");
    expect(faultOf({ body: `é\n {{a${ten}|raw|json}}` })).toBe(
      `body: line 2 column 2, {{a${ten}…: more than ${String(MAX_FILTERS)} filters on one placeholder; use fewer.`.replace(
        /\{\{.*…/,
        `${`{{a${ten}`.slice(0, 60)}…`,
      ),
    );
  });

  test("templates that were stored before the limit existed are a fault, not work", () => {
    const compiled = compileWebhook({
      url: "https://api.example.com/",
      headers: [{ key: "X-A", value: new Secret("{".repeat(MAX_TEMPLATE_CHARACTERS)), secret: true }],
      body: "",
      attributes: [],
    });
    expect(compiled.faults.map(({ message }) => message)).toEqual([
      `body: URL, header values and body have more than ${String(MAX_TEMPLATE_CHARACTERS)} characters in total; shorten them.`,
    ]);
  });
});

describe("what is sent is bounded", () => {
  const long = (bytes: number): string => `{"a":"${"a".repeat(bytes)}","e":"${"é".repeat(bytes / 4)}"}`;

  test("the URL, also by what the parser makes of a raw value", () => {
    const base = "https://api.example.com/";
    const room = MAX_URL_BYTES - base.length;
    expect(renderedUrl(`${base}{{a}}`, anEvent(long(room)))).toHaveLength(MAX_URL_BYTES);
    const said = `url: the rendered text is longer than ${String(MAX_URL_BYTES)} bytes.`;
    expect(renderedUrl(`${base}{{a}}`, anEvent(long(room + 1)))).toBe(said);
    expect(renderedUrl(`${base}{{e|raw}}`, anEvent(long(MAX_URL_BYTES)))).toBe(said);
  });

  test("each header value", () => {
    const headers = { "X-A": "{{a}}" };
    expect(faultOf({ headers }, long(MAX_HEADER_BYTES))).toBe("");
    expect(faultOf({ headers }, long(MAX_HEADER_BYTES + 1))).toBe(
      `headers/0/value: the rendered text is longer than ${String(MAX_HEADER_BYTES)} bytes.`,
    );
  });

  test("the body, before it is assembled", () => {
    expect(faultOf({ body: "{{e}}".repeat(1_000) }, `{"e":"${"é".repeat(200_000)}"}`)).toBe(
      `body: the rendered text is longer than ${String(MAX_BODY_BYTES)} bytes.`,
    );
  });
});

describe("work", () => {
  const spentOn = (written: Written, attributes: string): number => {
    const work = new RenderWork();
    const compiled = compileWebhook({
      url: written.url ?? "https://a.example/",
      headers: Object.entries(written.headers ?? {}).map(([key, value]) => ({
        key,
        value: new Secret(value),
        secret: false,
      })),
      body: written.body ?? "",
      attributes: [],
    });
    renderRequest(compiled, anEvent(attributes), work);
    return work.spent - "https://a.example/".length;
  };

  test("counts the input and output of each filter and escape, and literal text", () => {
    const typed = (type: string): Written => ({ headers: { "Content-Type": type } });
    const plain = "text/plain".length;
    expect(spentOn({ ...typed("text/plain"), body: "abc" }, "{}")).toBe(plain + 3);
    expect(spentOn({ ...typed("text/plain"), body: "{{a}}" }, '{"a":"1234"}')).toBe(plain + 4 + 4);
    expect(spentOn({ ...typed("text/plain"), body: "{{a|upcase}}" }, '{"a":"ß"}')).toBe(plain + 1 + 2 + 2 + 2);
    expect(spentOn({ ...typed("text/plain"), body: "{{a|truncate:1,''}}" }, '{"a":"12345678"}')).toBe(
      plain + 8 + 1 + 1 + 1,
    );
    expect(spentOn({ ...typed("text/xml"), body: "{{a}}" }, '{"a":"&"}')).toBe("text/xml".length + 1 + 5);
    expect(spentOn({ ...typed("text/plain"), body: '{{a|date:"%Y"}}' }, `{"a":${"1".repeat(300)}e-299}`)).toBe(
      plain + 305 + 4 + 4 + 4,
    );
    // A list is charged by its elements as input, and by its JSON each time that it is serialized.
    expect(spentOn({ ...typed("text/plain"), body: "{{a}}{{a}}" }, '{"a":[1,2]}')).toBe(plain + 2 * (2 + 5 + 5));
  });

  test("beyond the budget there is a fault that says where, and how much is allowed", () => {
    const said = `rendering this webhook would process more than ${String(MAX_RENDER_CHARACTERS)} characters, counting what each filter and each escape reads and writes; use fewer or shorter values.`;
    const value = `{"a":"${"a".repeat(200_000)}"}`;
    expect(faultOf({ body: "\n{{a|upcase|truncate:1}}".repeat(3) }, value)).toBe("");
    expect(faultOf({ body: "\n{{a|upcase|truncate:1}}".repeat(4) }, value)).toBe(
      `body: line 5 column 1, {{a|upcase|truncate:1}}: ${said}`,
    );
  });

  test("all fields share one budget", () => {
    const headers = Object.fromEntries(["X-A", "X-B", "X-C"].map((key) => [key, "{{a|upcase|truncate:1}}"]));
    const value = `{"a":"${"a".repeat(200_000)}"}`;
    expect(faultOf({ headers, body: "{{a|truncate:1}}" }, value)).toBe("");
    expect(faultOf({ headers, body: "{{a|upcase|truncate:1}}" }, value)).toMatch(/^body: line 1 column 1, /);
  });

  test("escaping again and again ends at the budget, not at twice as much each time", () => {
    const template = `{{a${"|json|upcase".repeat(5)}}}`;
    expect(faultOf({ body: template.repeat(900) }, `{"a":"${'\\"'.repeat(100_000)}"}`)).toContain(
      "would process more than",
    );
  });
});

/** Each would take minutes if the time grew with the square of the length; the largest that the rules allow are in hostile-webhooks.test.ts. */
describe("time grows with the length, not with its square", () => {
  const LENGTH = MAX_TEMPLATE_CHARACTERS - 1_000;
  const room = (unit: string): string => unit.repeat(LENGTH / unit.length);

  test.each(["{", "{{", "\\{{", "{{a|", "{{a}} ", "\n", '{{a|default:"', "{{a:", "<![CDATA[", "<!--", '"\\'])(
    "compiling %j many times over",
    (unit) => {
      for (const type of ["application/json", "text/xml", "text/plain", undefined]) {
        const body = room(unit);
        const more = type === undefined ? {} : { headers: { "Content-Type": type } };
        expect(typeof faultOf({ ...more, body })).toBe("string");
      }
      expect(typeof faultOf({ headers: { "Content-Type": room(unit) } })).toBe("string");
      expect(typeof faultOf({ url: `https://${room(unit)}` })).toBe("string");
    },
  );

  test("rendering a URL that ends in spaces, or almost", () => {
    const spaces = " ".repeat(900_000);
    expect(renderedUrl("https://api.example.com/x{{a|truncate:16000,''|raw}}", anEvent(`{"a":"${spaces}x"}`))).toBe(
      "https://api.example.com/x",
    );
  });
});

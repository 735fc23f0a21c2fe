import { type Json, parseJson } from "./json.ts";
import { search } from "./jmespath.ts";

const value = parseJson(`{
  "name": "acme", "empty": [], "none": null, "n": 3,
  "tags": { "stamp": "one", "azd-service-name": "webhooks" },
  "items": [
    { "id": "a", "on": true, "size": 1, "list": [{ "v": 1 }, { "v": 2 }] },
    { "id": "b", "on": false, "size": 5, "list": [{ "v": 3 }], "tags": { "stamp": "one" } },
    { "size": 0, "list": [] }
  ],
  "nested": [[1, 2], [3, [4]], 5]
}`);

/** Every answer is the one of Python's jmespath 1.0.1, which `az` uses. */
const cases: [string, Json][] = [
  ["name", "acme"],
  ["nothing.at.all", null],
  ['tags."azd-service-name"', "webhooks"],
  ["[name, n]", ["acme", 3]],
  ["[[name, none, n]]", [["acme", null, 3]]],
  ["{who: name, many: length(items)}", { who: "acme", many: 3 }],
  ["items[0].id", "a"],
  ["items[-1].size", 0],
  ["items[9]", null],
  ["items[].id", ["a", "b"]],
  ["items[*].id", ["a", "b"]],
  [
    "items[].[id, size]",
    [
      ["a", 1],
      ["b", 5],
      [null, 0],
    ],
  ],
  ["items[].list[].v", [1, 2, 3]],
  ["items[].list[0].v", [1, 3]],
  ["items[*].list[*].v", [[1, 2], [3], []]],
  ["items[].list | [0]", [{ v: 1 }, { v: 2 }]],
  ["items[?id=='b'].[id, tags.stamp]", [["b", "one"]]],
  ["items[?tags.stamp=='one' && on==`false`].id", ["b"]],
  ["items[?id=='a' || id=='b'].size", [1, 5]],
  ["items[?on].id", ["a"]],
  ["items[?!on].size", [5, 0]],
  ["items[?size > `0`] | [0].id", "a"],
  ["items[?id!='a'].size", [5, 0]],
  ["nested[]", [1, 2, 3, [4], 5]],
  ["nested[][]", [1, 2, 3, 4, 5]],
  ["join(', ', items[].id)", "a, b"],
  ["empty || name", "acme"],
  ["name && n", 3],
  ["@.name", "acme"],
  ["(name)", "acme"],
  ["name[].id", null],
  ["items[?id=='a'].list[].v", [1, 2]],
];

test.each(cases)("%s", (query, answer) => {
  expect(search(query, value)).toEqual(answer);
});

test.each([
  "items[",
  "items[?id=='a'",
  "a b",
  "items[].",
  "[name",
  "sort_by(items, &id)",
  "items[::2]",
  "length(n)",
  "#",
])("refused: %s", (query) => {
  expect(() => search(query, value)).toThrow(/query|function/);
});

"""data/token_counts.yml: what the vocabularies of GPT-2, GPT-4 and GPT-4o make of a few texts.

npm install --prefix FOLDER js-tiktoken@1.0.21   brings the vocabularies (MIT); none of them is committed
python -m scripts.measure_tokens FOLDER          encodes with the package and writes the result; needs `node`,
                                                 which encodes the same texts with js-tiktoken

The texts are ours. Two encoders that share no code must agree on every id, or nothing is written.
"""

import argparse
import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

from llm_questions.tokenization.bpe_encoding import encode_with_queue
from llm_questions.tokenization.pretokenization import compiled

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "data" / "token_counts.yml"
VERSION = "1.0.21"
VOCABULARIES = ["gpt2", "cl100k_base", "o200k_base"]

SENTENCES = {
    "English": "The weather is nice today, and we are going to the park with our friends.",
    "Spanish": "Hoy hace buen tiempo y vamos al parque con nuestros amigos.",
    "German": "Das Wetter ist heute schön, und wir gehen mit unseren Freunden in den Park.",
    "Russian": "Сегодня хорошая погода, и мы идём в парк с нашими друзьями.",
    "Arabic": "الطقس جميل اليوم، ونحن ذاهبون إلى الحديقة مع أصدقائنا.",
    "Hindi": "आज मौसम अच्छा है, और हम अपने दोस्तों के साथ पार्क जा रहे हैं।",
    "Chinese": "今天天气很好，我们要和朋友们一起去公园。",
    "Japanese": "今日は天気がいいので、友達と一緒に公園に行きます。",
    "Korean": "오늘은 날씨가 좋아서 친구들과 함께 공원에 갑니다.",
}
TEXTS = [
    "unhappiness",
    " unhappiness",
    "strawberry",
    " strawberry",
    "hello",
    " hello",
    "Hello",
    " HELLO",
    "1234567",
    "12345678",
    "1,234,567",
    " 2024",
    " 2037",
    "        return x",
    "\t\treturn x",
    "😀",
    "🦙",
    " SolidGoldMagikarp",
]

NODE = """
import { readFileSync } from "node:fs";
const { Tiktoken } = await import(process.argv[1] + "/js-tiktoken/dist/lite.js");
const wanted = JSON.parse(readFileSync(0, "utf8"));
const out = {};
for (const name of wanted.vocabularies) {
  const ranks = (await import(process.argv[1] + "/js-tiktoken/dist/ranks/" + name + ".js")).default;
  const encoder = new Tiktoken(ranks);
  out[name] = wanted.texts.map((text) => encoder.encode(text, [], []));
}
console.log(JSON.stringify(out));
"""


class RanksOfTokens(dict):
    """tiktoken's table, asked for a pair: the rank of a merge is the id of the token that it makes."""

    def get(self, pair: tuple[bytes, bytes], default: float) -> float:
        return super().get(pair[0] + pair[1], default)


def read_vocabulary(modules: Path, name: str) -> dict:
    """What js-tiktoken ships of one vocabulary: pattern, special tokens, and the id of each token."""
    text = (modules / "js-tiktoken" / "dist" / "ranks" / f"{name}.js").read_text("utf-8")
    content = json.loads(re.fullmatch(r"export default (\{.*\});?\s*", text, re.DOTALL)[1])
    ranks = RanksOfTokens()
    for line in content.pop("bpe_ranks").split("\n"):
        _, first, *tokens = line.split(" ")
        ranks |= {base64.b64decode(token): int(first) + i for i, token in enumerate(tokens)}
    return content | {"ranks": ranks}


def encode(text: str, vocabulary: dict) -> list[bytes]:
    pieces = compiled(vocabulary["pat_str"]).finditer(text)
    return [
        token
        for piece in pieces
        for token in encode_with_queue([bytes([b]) for b in piece[0].encode()], vocabulary["ranks"]).tokens
    ]


def measured(modules: Path) -> dict:
    texts = [*TEXTS, *SENTENCES.values()]
    asked = json.dumps({"vocabularies": VOCABULARIES, "texts": texts})
    command = ["node", "--input-type=module", "--eval", NODE, str(modules.resolve())]
    theirs = json.loads(
        subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout
    )
    sizes, found = {}, {text: {} for text in texts}
    for name in VOCABULARIES:
        vocabulary = read_vocabulary(modules, name)
        ranks, special = vocabulary["ranks"], vocabulary["special_tokens"]
        size = max(*ranks.values(), *special.values()) + 1
        sizes[name] = {
            "size": size,
            "bytes": sum(len(token) == 1 for token in ranks),
            "merges": sum(len(token) > 1 for token in ranks),
            "special": len(special),
            "pattern": vocabulary["pat_str"],
        }
        for text, ids in zip(texts, theirs[name], strict=True):
            tokens = encode(text, vocabulary)
            if [ranks[token] for token in tokens] != ids:
                raise SystemExit(f"{name} disagrees with js-tiktoken on {text!r}: nothing was written")
            found[text][name] = [token.decode("utf-8", "backslashreplace") for token in tokens]
    return {
        "source": f"js-tiktoken {VERSION} (npm, MIT), which ships the vocabularies that OpenAI published",
        "vocabularies": sizes,
        "tokens": {text: found[text] for text in TEXTS},
        "languages": {
            language: {"text": text, "bytes": len(text.encode())}
            | {name: len(found[text][name]) for name in VOCABULARIES}
            for language, text in SENTENCES.items()
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where npm has installed js-tiktoken")
    modules = parser.parse_args().folder / "node_modules"
    installed = json.loads((modules / "js-tiktoken" / "package.json").read_text("utf-8"))["version"]
    if installed != VERSION:
        raise SystemExit(f"js-tiktoken is {installed}, the record names {VERSION}")
    header = (
        "# Written by scripts/measure_tokens.py, which says how. Bytes that are no UTF-8 alone are \\xNN.\n"
    )
    body = yaml.safe_dump(measured(modules), allow_unicode=True, sort_keys=False, width=120)
    TARGET.write_text(header + body, encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

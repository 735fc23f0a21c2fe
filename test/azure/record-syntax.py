"""Writes az-syntax.json: what the Azure CLI itself knows about the commands that the scripts and the documents use.

Run it where the Azure CLI is installed, with the Python that runs it (Debian: python3-azure-cli, `/usr/bin/python3`):

    /usr/bin/python3 test/azure/record-syntax.py > test/azure/az-syntax.json

The parser of each command is built as for a real call; names of options, which are required, how many values each takes and which values it
takes are read from it. Nothing is sent anywhere, and nobody need be logged in.
"""

import argparse
import json

from azure.cli.core import __version__, get_default_cli

COMMANDS = [
    "account get-access-token",
    "account set",
    "account show",
    "ad app create",
    "ad app federated-credential create",
    "ad app list",
    "ad app show",
    "ad app update",
    "ad sp create",
    "ad sp show",
    "ad signed-in-user show",
    "bicep install",
    "deployment group create",
    "deployment group list",
    "deployment group show",
    "deployment group what-if",
    "functionapp config appsettings delete",
    "functionapp config appsettings list",
    "functionapp config appsettings set",
    "functionapp deployment source config-zip",
    "functionapp list",
    "group create",
    "keyvault list-deleted",
    "keyvault recover",
    "lock delete",
    "lock list",
    "login",
    "logout",
    "provider register",
    "resource delete",
    "resource list",
    "rest",
    "role assignment create",
    "role assignment delete",
    "role assignment list",
    "role definition delete",
    "servicebus queue show",
    "servicebus topic show",
    "servicebus topic subscription show",
    "servicebus topic update",
]

# What later versions have; only workflows use it, whose runners are up to date.
NEWER = {
    # 2.76: https://learn.microsoft.com/cli/azure/release-notes-azure-cli
    "deployment group what-if": [
        {"names": ["--validation-level"], "values": "one", "choices": ["Provider", "ProviderNoRbac", "Template"]}
    ],
}


def parser_of(command):
    """The real parser of one command, with the options that every command has."""
    cli = get_default_cli()
    invocation = cli.invocation_cls(
        cli_ctx=cli,
        parser_cls=cli.parser_cls,
        commands_loader_cls=cli.commands_loader_cls,
        help_cls=cli.help_cls,
    )
    cli.invocation = invocation
    invocation.data["command_string"] = command
    loader = invocation.commands_loader
    loader.load_command_table(command.split())
    loader.command_name = command
    loader.load_arguments(command)
    loader.command_table = {command: loader.command_table[command]}
    invocation.parser.cli_ctx = cli
    cli.raise_event("InvokerPreCmdTblCreate", load_cmd_tbl_func=None, args=[])
    cli.raise_event("CommandInvoker.OnPreCommandTableCreate", args=[])
    invocation.parser.load_command_table(loader)
    parser = invocation.parser
    for word in command.split():
        sub = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        parser = sub.choices[word]
    return parser


def values(action):
    """How many values an option takes: none, one, or any number."""
    if action.nargs == 0:
        return "none"
    if action.nargs in ("+", "*"):
        return "many"
    if action.nargs == "?":
        return "optional"
    return "one"


def option(action):
    found = {"names": [str(name) for name in action.option_strings], "values": values(action)}
    if action.required:
        found["required"] = True
    if action.choices:
        found["choices"] = [str(choice) for choice in action.choices]
    return found


def record(command):
    """Every option of one command that a person can see."""
    unseen = (["--cmd"], ["--debug"], ["--verbose"], ["-h", "--help"])
    actions = [a for a in parser_of(command)._actions if a.option_strings and a.option_strings not in unseen]
    options = [option(a) for a in actions] + NEWER.get(command, [])
    return sorted(options, key=lambda one: one["names"][0])


def lines(command):
    """One line an option, so that a difference between two versions can be read."""
    return ",\n".join("      " + json.dumps(one) for one in record(command))


commands = ",\n".join(f"    {json.dumps(command)}: [\n{lines(command)}\n    ]" for command in COMMANDS)
print(f'{{\n  "version": {json.dumps(__version__)},\n  "commands": {{\n{commands}\n  }}\n}}')

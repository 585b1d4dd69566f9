"""Help that ends with an example, for every command."""

import click


class Example(click.Command):
    """A command whose epilog is shown as written: lines that can be pasted into a shell."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        if self.epilog:
            with formatter.section("Example"):
                for line in self.epilog.splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

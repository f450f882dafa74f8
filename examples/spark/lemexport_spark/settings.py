"""The options of the data source."""

import dataclasses

from lemexport_spark.program import Program

NAMES = ("configuration", "table", "teams", "proof", "program", "parallel")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a query asked for."""

    program: Program
    teams: tuple  # their names; none stands for all of the configuration
    proof: bool
    parallel: int

    @classmethod
    def of(cls, options):
        """Checks the options of a query."""
        for name in options:
            if name not in NAMES:  # the value may be a key: it is not repeated
                raise ValueError(f"unknown option {name}: the options are {', '.join(NAMES)}; keys belong in the configuration")
        configuration = options.get("configuration")
        if not configuration:
            raise ValueError("the option configuration is missing: name a file or folder that the driver and every worker have")
        proof = options.get("proof", "false")
        if proof not in ("true", "false"):
            raise ValueError(f'invalid option proof "{proof}": use true or false')
        parallel = options.get("parallel", "16")
        if not parallel.isdecimal() or int(parallel) == 0:
            raise ValueError(f'invalid option parallel "{parallel}": use a number from 1')
        teams = tuple(name.strip() for name in options.get("teams", "").split(",") if name.strip())
        if len(set(teams)) < len(teams):
            raise ValueError("invalid option teams: it names a team twice")
        program = Program(options.get("program", "lemexport"), configuration, options.get("table", "inbox_conversations"))
        return cls(program, teams, proof == "true", int(parallel))

    def chosen(self):
        """Returns the names of the teams that the query reads."""
        teams = self.teams or tuple(self.program.teams())
        if not teams:
            raise ValueError(f"no team in {self.program.configuration} has a name: give its source block a label or for_each")
        return teams

"""A small shop as a dbt project: two seeds, a view, a table, incremental models, a snapshot, and tests of them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.hologres.clients import account, where
from yunbox.testing.server import Server

CUSTOMERS = 'id,name,since\n7,Ada,2025-06-01 10:00:00\n8,"Bo, the second",2025-07-01 11:30:00\n'
ORDERS = "id,customer,amount,state,placed\n1,7,12.50,open,2026-01-03\n2,7,3.00,paid,2026-01-04\n3,8,,paid,2026-01-04\n"
LATER = ORDERS.replace("3,8,,paid,2026-01-04", "3,8,4.25,sent,2026-01-05") + "4,7,1,open,2026-01-06\n"
"""One order is changed, and there is another."""
FILES = {
    "dbt_project.yml": "{name: shop, version: '1.0', profile: shop}",
    "seeds/customers.csv": CUSTOMERS,
    "seeds/orders.csv": ORDERS,
    "models/paid.sql": """
        {{ config(materialized='view') }}
        select id, customer, amount from {{ ref('orders') }} where state = 'paid'
    """,
    "models/totals.sql": """
        {{ config(materialized='table', orientation='column', distribution_key='id') }}
        select c.id, c.name, count(o.id) as pieces, sum(o.amount) as amount
        from {{ ref('customers') }} c left join {{ ref('orders') }} o on o.customer = c.id group by c.id, c.name
    """,
    "models/states.sql": """
        {{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }}
        select id, state, placed from {{ ref('orders') }}
        {% if is_incremental() %} where placed >= (select max(placed) from {{ this }}) {% endif %}
    """,
    "models/seen.sql": """
        {{ config(materialized='incremental', incremental_strategy='append') }}
        select id, state from {{ ref('orders') }}
        {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
    """,
    "models/schema.yml": """
        models:
          - name: totals
            description: what each customer has ordered
            columns: [{name: id, description: the customer, data_tests: [not_null, unique]}]
          - name: states
            columns: [{name: id, data_tests: [unique]},
                      {name: state,
                       data_tests: [not_null, {accepted_values: {arguments: {values: [open, paid, sent]}}}]}]
          - name: paid
            columns: [{name: customer,
                       data_tests: [{relationships: {arguments: {to: ref('customers'), field: id}}}]}]
    """,
    "snapshots/kept.sql": """
        {% snapshot kept %}
        {{ config(target_schema=target.schema, unique_key='id', strategy='check', check_cols=['state']) }}
        select id, state from {{ ref('orders') }}
        {% endsnapshot %}
    """,
}


class Project:
    """The project in a folder, and what runs dbt in it: it connects by ``adapter``, and makes all in ``schema``."""

    def __init__(self, folder: Path, programs: Path, server: Server, adapter: str, schema: str) -> None:
        self._folder, self._programs, self._adapter = folder, programs, adapter
        user, password = account(server)
        at = where(server)
        target = {"type": adapter, **at, "user": user, "password": password, "schema": schema, "threads": 2}
        self.write("profiles.yml", json.dumps({"shop": {"target": "here", "outputs": {"here": target}}}))
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """A file of the project."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *words: str) -> tuple[dict[str, str], str]:
        """How each part went, by its name, and all that dbt says."""
        quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_USE_COLORS": "false", "DBT_PROFILES_DIR": "."}
        command = [self._programs / "python", self._programs / "dbt", *words]
        done = subprocess.run(
            command, cwd=self._folder, env={**os.environ, **quiet}, capture_output=True, text=True, timeout=240
        )
        results = self._folder / "target" / "run_results.json"
        assert results.exists(), done.stdout + done.stderr
        parts = json.loads(results.read_text())["results"]
        return {one["unique_id"].split(".")[2]: one["status"] for one in parts}, done.stdout

    def catalog(self) -> dict[str, Any]:
        """What `dbt docs generate` has written of models and seeds, by their names."""
        found = json.loads((self._folder / "target" / "catalog.json").read_text())
        assert not found["errors"]
        return {name.split(".")[2]: node for name, node in found["nodes"].items()}

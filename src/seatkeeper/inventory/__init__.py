"""The inventory as a file: read, checked, planned, and turned into one command; and written again.

The way of a file, module by module:

1. `reading` has its text read by format: `file` (TOML), `jsonl` (JSON Lines) or `cells` (CSV), the latter two by way of
   `rows`. Each makes entries (`entries`) of the forms in `shapes`, whose keys have the `values`, and tells `problems`,
   `contradictions` between entries among them. What comes of it is a `document`.
2. `applying` reads what is there, and has `planning` compare: `known` says which names the document may use,
   `references` and `prerequisites` what is wrong with those that it does use.
3. `merge` lays over what is there what the document says of licenses, stations and users; `deployment` what it says of
   runtimes and applications; `allotment` what `holders` have, their profiles and licenses; `pruning` removes what the
   document lacks. All of it goes into a `draft`:
   `changes` in a file's words (`fields`), and `steps`, in the order in which they can be carried out.
4. The plan that this makes is shown, or submitted to the ledger by `applying`, with new `passwords` hashed.

`export` goes the other way, by `tables`. `names` says how a license is spelled; `demo` is an inventory to try out.
"""

"""The SuperOffice face: the License agent of NetServer's WebAPI, and what its clients touch around it."""

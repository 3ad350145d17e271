"""Documents over HTTP as PDF, and the language that a customer's are written in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from farthing.http_api.access import Looking, number_or_id
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Day, Given, Taken, Text
from farthing.usecases.document_ports import Documents
from farthing.usecases.languages import Written, choose_language, show_language
from farthing.usecases.print_documents import Printed, print_credit_note, print_invoice, print_statement

router = APIRouter(tags=["documents"])
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The PDF.", "content": {"application/pdf": {"schema": {"type": "string"}}}}
}


class LanguageTaken(Taken):
    """What a customer's documents are to be written in."""

    model_config = ConfigDict(json_schema_extra={"example": {"language": "ru"}})

    language: Text | None = Field(
        default=None, description="en or ru; null for that of the legal entity that invoices them."
    )


class LanguageGiven(Given):
    """What a customer's documents are written in."""

    customer: str
    language: str
    own: bool = Field(description="Whether it is the customer's own; else it is that of who invoices them.")


@router.get("/v1/invoices/{number}/pdf", summary="Get an invoice's PDF", response_class=Response,
            responses={**_PDF, **responses(404)})  # fmt: skip
def get_invoice_pdf(
    request: Request,
    asking: Looking,
    number: Annotated[Text, Path(description="The invoice's number or id.")],
    as_issued: Annotated[bool, Query(description="Of a voided invoice the file as it was, without the mark.")] = False,
) -> Response:
    """The document as it is sent to the customer; one that was voided says so."""
    documents: Documents = request.app.state.documents
    return _answer(print_invoice(asking.store, documents, number_or_id(number), person=None, as_issued=as_issued))


@router.get("/v1/credit-notes/{number}/pdf", summary="Get a credit note's PDF", response_class=Response,
            responses={**_PDF, **responses(404)})  # fmt: skip
def get_credit_note_pdf(
    request: Request,
    asking: Looking,
    number: Annotated[Text, Path(description="The credit note's number or id.")],
) -> Response:
    """The document as it is sent to the customer."""
    documents: Documents = request.app.state.documents
    return _answer(print_credit_note(asking.store, documents, number_or_id(number), person=None))


@router.get("/v1/customers/{customer}/statement/pdf", summary="Get a customer's statement as PDF",
            response_class=Response, responses={**_PDF, **responses(400, 404)})  # fmt: skip
def get_statement_pdf(
    request: Request,
    asking: Looking,
    customer: Annotated[Text, Path()],
    since: Annotated[Day | None, Query(description="The first day; from the beginning if left out.")] = None,
    through: Annotated[Day | None, Query(description="The last day; today if left out.")] = None,
) -> Response:
    """One sheet for each currency of each legal entity."""
    documents: Documents = request.app.state.documents
    return _answer(
        print_statement(asking.store, documents, customer, person=None, now=asking.now, since=since, through=through)
    )


@router.get("/v1/customers/{key}/language", summary="See a customer's language", responses=responses(404))
def get_language(asking: Looking, key: Annotated[Text, Path()]) -> LanguageGiven:
    """What their documents are written in."""
    return _given(show_language(asking.store, key))


@router.put(
    "/v1/customers/{key}/language",
    summary="Choose a customer's language",
    responses=responses(400, 404, 409, 413, 503),
)
def put_language(asking: Looking, key: Annotated[Text, Path()], taken: LanguageTaken) -> LanguageGiven:
    """From now on; issued documents keep theirs."""
    return _given(choose_language(asking.store, key, taken.language or ""))


def _given(written: Written) -> LanguageGiven:
    return LanguageGiven(customer=written.customer.key, language=written.language, own=written.own)


def _answer(printed: Printed) -> Response:
    return Response(
        printed.content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{printed.name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )

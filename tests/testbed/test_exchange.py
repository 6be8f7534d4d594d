from apim_aks.testbed.exchange import Request, Response


def test_a_header_is_found_in_any_case_and_several_become_one_list() -> None:
    response = Response(200, (("Vary", "Origin"), ("vary", "Accept"), ("Age", "3")))
    assert response.header("VARY") == "Origin, Accept"
    assert response.header("expires", "never") == "never"


def test_the_target_of_a_request_is_what_its_request_line_holds() -> None:
    plain = Request(method="GET", scheme="https", host="a", path="/orders/%2e")
    assert plain.target == "/orders/%2e"
    asked = Request(method="GET", scheme="https", host="a", path="/", query="q=1&q=%32")
    assert asked.target == "/?q=1&q=%32"


def test_what_may_be_secret_is_not_in_the_words_of_a_request() -> None:
    headers = (("Authorization", "Bearer secret"),)
    request = Request(method="GET", scheme="https", host="a", path="/", headers=headers)
    assert "secret" not in repr(request)

#include "server/document.h"

#include "tonearm/http/plan.h"

#include <array>
#include <cstdio>
#include <functional>
#include <utility>

namespace tonearm::server {
namespace {

http::EntityTag etag_of(const std::string& body) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "\"%zx-%zx\"", body.size(),
                std::hash<std::string_view>{}(body));
  return {text.data(), false};
}

unsigned status_for(const http::RequestHead& head, const http::EntityTag& etag,
                    std::uint64_t length) {
  http::RepresentationRequest asked = http::read_representation_request(head);
  asked.range = {};
  http::Representation what;
  what.length = length;
  what.validators.etag = etag;
  return http::plan_response(asked, what, {}, {}, {}).status;
}

}  // namespace

io::Task<Result<void>> send_document(const Request& request, Responder& responder,
                                     Document document) {
  const http::EntityTag etag = document.etag ? *document.etag : etag_of(document.body);
  const unsigned status = status_for(request.head, etag, document.body.size());
  if (status == 412) {
    http::ResponsePlan plan;
    plan.status = status;
    const Problem problem = problem_of(plan);
    co_return co_await responder.send_problem(problem);
  }
  http::ResponseHead head = responder.begin(status);
  head.add("ETag", etag.opaque);
  head.add("Cache-Control", document.cache_control);
  head.add("Content-Security-Policy", document.policy);
  if (document.varies) head.add("Vary", "Accept-Encoding");
  if (status != 200) {
    responder.start(std::move(head), BodyFraming::none);
    co_return co_await responder.writer().finish();
  }
  head.add("Content-Type", document.content_type);
  if (!document.content_encoding.empty()) head.add("Content-Encoding", document.content_encoding);
  head.add("Content-Length", std::uint64_t{document.body.size()});
  head.add("Referrer-Policy", "no-referrer");
  co_return co_await responder.send(std::move(head), std::move(document.body));
}

}  // namespace tonearm::server

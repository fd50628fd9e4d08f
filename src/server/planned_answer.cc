#include "server/planned_answer.h"

#include "tonearm/http/multipart.h"
#include "tonearm/http/response_head.h"

#include "server/cache_status.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace tonearm::server {
namespace {

using http::ResponsePlan;

BodyFraming framing_of(const ResponsePlan& plan, unsigned version) {
  if (!plan.send_body) return BodyFraming::none;
  switch (plan.framing) {
    case ResponsePlan::Framing::none:
      return BodyFraming::none;
    case ResponsePlan::Framing::length:
      return BodyFraming::length;
    case ResponsePlan::Framing::until_end:
      return version == 10 ? BodyFraming::until_close : BodyFraming::chunked;
  }
  return BodyFraming::none;
}

io::Task<Result<void>> pump_part(source::Resource& resource, std::uint64_t first,
                                 std::optional<std::uint64_t> end, io::ByteWriter& writer) {
  const std::unique_ptr<io::ByteReader> reader = resource.read(first, end);
  co_return co_await io::pump(*reader, writer);
}

io::Task<Result<void>> write_text(std::string text, io::ByteWriter& writer) {
  const io::Chunk chunk(std::as_bytes(std::span(text)));
  co_return co_await writer.write(chunk);
}

/// RFC 9110 §14.6.
io::Task<Result<void>> pump_parts(const PlannedAnswer& answer, io::ByteWriter& writer) {
  const std::uint64_t complete = answer.representation.length.value_or(0);
  bool first = true;
  for (const http::ByteRange& part : answer.plan.parts) {
    std::string framing =
        http::part_head(part, complete, answer.content_type, answer.boundary, first);
    Result<void> framed = co_await write_text(std::move(framing), writer);
    if (!framed) co_return framed;
    Result<void> pumped = co_await pump_part(answer.resource, part.first, part.end, writer);
    if (!pumped) co_return pumped;
    first = false;
  }
  co_return co_await write_text(http::multipart_tail(answer.boundary), writer);
}

}  // namespace

bool end_would_be_ambiguous(const Request& request, const ResponsePlan& plan) {
  return request.over_unix_socket && request.head.version == 10 && plan.send_body &&
         plan.framing == ResponsePlan::Framing::until_end;
}

Error wants_http_1_1() {
  return Error{ErrorKind::version_not_supported,
               "The length is unknown, and HTTP/1.0 over a unix socket cannot tell an end from a "
               "failure. Ask with HTTP/1.1 (nginx: proxy_http_version 1.1).",
               {}};
}

void start_answer(const Request& request, Responder& responder, const PlannedAnswer& answer) {
  const BodyFraming framing = framing_of(answer.plan, request.head.version);
  http::ResponseHead head =
      responder.begin(answer.plan.status, framing == BodyFraming::until_close);
  http::add_plan_fields(head, answer.plan, answer.representation, answer.content_type,
                        answer.boundary, request.head.version);
  const std::string_view cache_control =
      answer.representation.growth ? "no-store"
                                   : std::string_view(request.serving.options.cache_control);
  if (!cache_control.empty()) head.add("Cache-Control", cache_control);
  head.add("Content-Security-Policy", "sandbox");
  head.add("X-Accel-Buffering", "no");
  const source::CacheUse use = answer.resource.cache_use();
  if (use.stale) responder.exchange().served_stale(use.age);
  if (use.age) head.add("Age", static_cast<std::uint64_t>(use.age->count()));
  head.add("Cache-Status", cache_status(use));
  responder.start(std::move(head), framing, answer.plan.content_length);
}

source::ReadIntent read_intent(const http::RepresentationRequest& asked, std::uint64_t max_range) {
  source::ReadIntent intent;
  intent.likely = asked.wants_body();
  intent.parts = [&asked, max_range](const http::Representation& what) {
    return http::plan_response(asked, what, {max_range}, {}, {}).body_parts();
  };
  if (asked.head || asked.range.specs.empty()) return intent;
  intent.range = asked.range.specs.front();
  intent.several = asked.range.specs.size() > 1;
  return intent;
}

io::Task<Result<void>> pump_body(const PlannedAnswer& answer, io::ByteWriter& writer) {
  const ResponsePlan& plan = answer.plan;
  if (plan.framing == ResponsePlan::Framing::until_end) {
    if (plan.parts.empty()) return pump_part(answer.resource, 0, std::nullopt, writer);
    return pump_part(answer.resource, plan.parts[0].first, plan.parts[0].end, writer);
  }
  if (plan.is_multipart()) return pump_parts(answer, writer);
  const http::ByteRange& whole = plan.parts.front();
  return pump_part(answer.resource, whole.first, whole.end, writer);
}

OriginUseReport::~OriginUseReport() {
  exchange_.add_origin_use(resource_.origin_use());
  exchange_.set_cache(cache_state(resource_.cache_use()));
}

}  // namespace tonearm::server

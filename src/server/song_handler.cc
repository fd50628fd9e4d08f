#include "server/song_handler.h"

#include "tonearm/base/locator.h"
#include "tonearm/http/multipart.h"
#include "tonearm/http/plan.h"
#include "tonearm/http/response_head.h"
#include "tonearm/io/paced_writer.h"

#include "server/cache_status.h"
#include "server/request_id.h"
#include "server/sound_view.h"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <span>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

using catalog::Song;
using http::ResponsePlan;
using source::Resource;

source::ReadIntent intent_of(const http::RepresentationRequest& asked) {
  source::ReadIntent intent;
  intent.body = !asked.head && !asked.if_none_match && !asked.if_modified_since;
  if (asked.head || asked.range.specs.empty()) return intent;
  intent.range = asked.range.specs.front();
  intent.several = asked.range.specs.size() > 1;
  return intent;
}

/// Tells the exchange what the resource has cost, however the request ends.
class OriginUseReport {
 public:
  OriginUseReport(const Resource& resource, Exchange& exchange)
      : resource_(resource), exchange_(exchange) {}
  ~OriginUseReport() {
    exchange_.add_origin_use(resource_.origin_use());
    exchange_.set_cache(cache_state(resource_.cache_use()));
  }
  OriginUseReport(const OriginUseReport&) = delete;
  OriginUseReport& operator=(const OriginUseReport&) = delete;

 private:
  const Resource& resource_;
  Exchange& exchange_;
};

/// A song that can be answered: everything between the plan and the last byte needs all of it.
struct Answer {
  const Song& song;
  Resource& resource;
  const http::Representation what;
  const std::string content_type;
  const std::string boundary;
  const ResponsePlan plan;
};

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

void start_answer(const Request& request, Responder& responder, const Answer& answer) {
  const BodyFraming framing = framing_of(answer.plan, request.head.version);
  http::ResponseHead head =
      responder.begin(answer.plan.status, framing == BodyFraming::until_close);
  http::add_plan_fields(head, answer.plan, answer.what, answer.content_type, answer.boundary,
                        request.head.version);
  const std::string_view cache_control =
      answer.what.growth ? "no-store" : std::string_view(request.serving.options.cache_control);
  if (!cache_control.empty()) head.add("Cache-Control", cache_control);
  head.add("Content-Security-Policy", "sandbox");
  head.add("X-Accel-Buffering", "no");
  const source::CacheUse use = answer.resource.cache_use();
  if (use.age) head.add("Age", static_cast<std::uint64_t>(use.age->count()));
  head.add("Cache-Status", cache_status(use));
  responder.start(std::move(head), framing, answer.plan.content_length);
}

io::Task<Result<void>> pump_part(Resource& resource, std::uint64_t first,
                                 std::optional<std::uint64_t> end, io::ByteWriter& writer) {
  const std::unique_ptr<io::ByteReader> reader = resource.read(first, end);
  co_return co_await io::pump(*reader, writer);
}

io::Task<Result<void>> write_text(std::string text, io::ByteWriter& writer) {
  const io::Chunk chunk(std::as_bytes(std::span(text)));
  co_return co_await writer.write(chunk);
}

/// RFC 9110 §14.6.
io::Task<Result<void>> pump_parts(const Answer& answer, io::ByteWriter& writer) {
  const std::uint64_t complete = answer.what.length.value_or(0);
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

io::Task<Result<void>> pump_body(const Answer& answer, io::ByteWriter& writer) {
  const ResponsePlan& plan = answer.plan;
  if (plan.framing == ResponsePlan::Framing::until_end) {
    if (plan.parts.empty()) return pump_part(answer.resource, 0, std::nullopt, writer);
    return pump_part(answer.resource, plan.parts[0].first, plan.parts[0].end, writer);
  }
  if (plan.is_multipart()) return pump_parts(answer, writer);
  const http::ByteRange& whole = plan.parts.front();
  return pump_part(answer.resource, whole.first, whole.end, writer);
}

/// Whether the body begins with what is not written yet: the head then does not wait for it.
bool is_ahead(const Answer& answer) {
  if (!answer.what.growth || !answer.plan.send_body) return false;
  const std::uint64_t first = answer.plan.parts.empty() ? 0 : answer.plan.parts[0].first;
  return first >= answer.what.growth->exists;
}

/// stream.rate; 0: as fast as the client takes.
io::Task<Result<void>> pump_body_at_pace(const Answer& answer, const Options& options,
                                         ResponseWriter& writer) {
  if (options.rate == 0) co_return co_await pump_body(answer, writer);
  const io::Executor executor = co_await io::asio::this_coro::executor;
  io::PacedWriter paced(executor, writer,
                        io::Pace(options.rate, options.rate_after, io::Clock::now()));
  co_return co_await pump_body(answer, paced);
}

io::Task<Result<void>> send_answer(const Request& request, Responder& responder,
                                   const Answer& answer) {
  const ResponsePlan& plan = answer.plan;
  start_answer(request, responder, answer);
  const bool endless = plan.framing == ResponsePlan::Framing::until_end;
  if (plan.send_body && (endless || !plan.parts.empty())) {
    std::optional<std::uint64_t> length;
    if (!endless) length = plan.content_length;
    std::optional<std::uint64_t> first;
    if (endless) first = 0;
    if (plan.parts.size() == 1) first = plan.parts.front().first;
    responder.exchange().start_stream(answer.song.name, length, first);
    if (is_ahead(answer)) {
      Result<void> flushed = co_await responder.writer().flush();
      if (!flushed) co_return flushed;
    }
    Result<void> pumped =
        co_await pump_body_at_pace(answer, request.serving.options, responder.writer());
    if (!pumped) co_return pumped;
  }
  co_return co_await responder.writer().finish();
}

/// A close is the only end that HTTP/1.0 has for a body of unknown length, and on a unix socket a
/// failure looks the same.
bool end_would_be_ambiguous(const Request& request, const ResponsePlan& plan) {
  return request.over_unix_socket && request.head.version == 10 && plan.send_body &&
         plan.framing == ResponsePlan::Framing::until_end;
}

Error wants_http_1_1() {
  return Error{ErrorKind::version_not_supported,
               "The song's length is unknown, and HTTP/1.0 over a unix socket cannot tell its end "
               "from a failure. Ask with HTTP/1.1 (nginx: proxy_http_version 1.1).",
               {}};
}

io::Task<Result<void>> answer_with(const Request& request, Responder& responder, const Song& song,
                                   const Locator& locator, Resource& resource) {
  const OriginUseReport report(resource, responder.exchange());
  const http::RepresentationRequest asked = http::read_representation_request(request.head);
  const source::ReadIntent intent = intent_of(asked);
  Result<http::Representation> what = co_await resource.describe(intent);
  if (!what) co_return what.error();

  std::string type =
      http::choose_content_type(song.content_type, what->content_type, locator.value);
  std::string boundary = intent.several ? make_request_id() : std::string();
  http::PlanOptions options;
  options.max_range = request.serving.options.max_range;
  ResponsePlan plan = http::plan_response(asked, *what, options, type, boundary);
  if (plan.status >= 400) {
    Problem problem = problem_of(plan);
    co_return co_await responder.send_problem(std::move(problem));
  }
  if (end_would_be_ambiguous(request, plan)) co_return wants_http_1_1();
  const Answer answer{
      song, resource, std::move(*what), std::move(type), std::move(boundary), std::move(plan)};
  co_return co_await send_answer(request, responder, answer);
}

/// access.streams_per_client. Empty: it is one song too many for this client. A client without an
/// address is not counted.
std::optional<PlayingSongs::Handle> start_playing(const Request& request) {
  const unsigned most = request.serving.options.streams_per_client;
  const bool plays = request.head.method == http::verb::get;
  if (most == 0 || !plays || !request.client) return PlayingSongs::Handle();
  return request.shared.playing.start(*request.client, request.id, most);
}

Error too_many_songs() {
  return Error{ErrorKind::too_many_requests, "Too many songs play at this address.", {}};
}

}  // namespace

io::Task<Result<void>> stream_song(const Request& request, Responder& responder) {
  if (!http::is_song_id(request.id)) co_return bad_song_id();
  Exchange& exchange = responder.exchange();
  exchange.set_song(request.id);
  const std::optional<PlayingSongs::Handle> playing = start_playing(request);
  if (!playing) co_return too_many_songs();
  Result<std::shared_ptr<const Song>> song = co_await request.serving.store.find(request.id);
  exchange.catalog_answered();
  if (!song) co_return song.error();
  Result<Locator> locator = parse_locator((*song)->file, request.serving.is_resolver);
  if (!locator) co_return locator.error();
  exchange.set_source(to_string(locator->kind));
  exchange.set_cache("miss");
  Result<source::SoundView> view = sound_view_of(**song, request.target);
  if (!view) co_return view.error();
  const source::SourceRequest wanted{std::move(*locator), (*song)->growing};
  Result<std::unique_ptr<Resource>> resource = request.serving.source.open(wanted);
  if (!resource) co_return resource.error();
  const auto sound = source::view_as_wav(std::move(*resource), std::move(*view));
  co_return co_await answer_with(request, responder, **song, wanted.locator, *sound);
}

}  // namespace tonearm::server

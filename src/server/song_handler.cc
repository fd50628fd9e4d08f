#include "server/song_handler.h"

#include "tonearm/base/locator.h"
#include "tonearm/http/content_type.h"
#include "tonearm/http/plan.h"
#include "tonearm/io/paced_writer.h"

#include "server/planned_answer.h"
#include "server/request_id.h"
#include "server/sound_view.h"

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

using catalog::Song;
using http::ResponsePlan;
using source::Resource;

/// Whether the body begins with what is not written yet: the head then does not wait for it.
bool is_ahead(const PlannedAnswer& answer) {
  if (!answer.representation.growth || !answer.plan.send_body) return false;
  const std::uint64_t first = answer.plan.parts.empty() ? 0 : answer.plan.parts[0].first;
  return first >= answer.representation.growth->exists;
}

/// stream.rate.
io::Task<Result<void>> pump_body_at_pace(const PlannedAnswer& answer, const Options& options,
                                         ResponseWriter& writer) {
  const io::Executor executor = co_await io::asio::this_coro::executor;
  io::PacedWriter paced(executor, writer,
                        io::Pace(options.rate, options.rate_after, io::Clock::now()));
  co_return co_await pump_body(answer, paced);
}

/// A song, and where its bytes are.
struct Located {
  const Song& song;
  const Locator& locator;
  Resource& resource;
};

PlannedAnswer plan_song(const Request& request, const Located& located,
                        const http::RepresentationRequest& asked,
                        const http::Representation& what) {
  std::string type = http::choose_content_type(located.song.content_type, what.content_type,
                                               located.locator.value);
  std::string boundary = asked.range.specs.size() > 1 ? make_request_id() : std::string();
  http::PlanOptions options;
  options.max_range = request.serving.options.max_range;
  ResponsePlan plan = http::plan_response(asked, what, options, type, boundary);
  return {located.resource, what, std::move(type), std::move(boundary), std::move(plan)};
}

io::Task<Result<void>> send_body(const Request& request, Responder& responder, const Song& song,
                                 const PlannedAnswer& answer) {
  const ResponsePlan& plan = answer.plan;
  const bool endless = plan.framing == ResponsePlan::Framing::until_end;
  std::optional<std::uint64_t> length;
  if (!endless) length = plan.content_length;
  std::optional<std::uint64_t> first;
  if (endless) first = 0;
  if (plan.parts.size() == 1) first = plan.parts.front().first;
  responder.exchange().start_stream(song.name, length, first);
  if (is_ahead(answer)) {
    Result<void> flushed = co_await responder.writer().flush();
    if (!flushed) co_return flushed;
  }
  const Options& options = request.serving.options;
  if (options.rate == 0) co_return co_await pump_body(answer, responder.writer());
  co_return co_await pump_body_at_pace(answer, options, responder.writer());
}

/// The plan lives in the frame of who sends it.
io::Task<Result<void>> send_song(const Request& request, Responder& responder,
                                 const Located& located, const http::RepresentationRequest& asked,
                                 const http::Representation& what) {
  const auto body = [&request, &responder, &song = located.song](const PlannedAnswer& answer) {
    return send_body(request, responder, song, answer);
  };
  return send_answer(request, responder, plan_song(request, located, asked, what), body);
}

io::Task<Result<void>> answer_with(const Request& request, Responder& responder,
                                   const Located& located) {
  const OriginUseReport report(located.resource, responder.exchange());
  located.resource.set_taker(responder.writer());
  const http::RepresentationRequest asked = http::read_representation_request(request.head);
  Result<http::Representation> what =
      co_await located.resource.describe(read_intent(asked, request.serving.options.max_range));
  if (!what) co_return what.error();
  co_return co_await send_song(request, responder, located, asked, *what);
}

/// access.streams_per_client; false: it is one song too many for this client. What plays is counted
/// without a limit as well: a reload may set one. A client without an address is not counted.
bool start_playing(const Request& request, PlayingSongs::Play& play) {
  if (request.head.method != http::verb::get || !request.client) return true;
  const unsigned most = request.serving.options.streams_per_client;
  return request.shared.playing.start(play, *request.client, request.id, most);
}

/// The same, for one song too many. Who skips to the next closes a connection and opens another,
/// and of two loops one may hear of the new one before the other hears that the old one has ended.
io::Task<bool> start_playing_soon(const Request& request, PlayingSongs::Play& play) {
  constexpr std::chrono::milliseconds longest{100};
  return request.shared.playing.start_soon(play, request.serving.options.streams_per_client,
                                           io::Clock::now() + longest);
}

Error too_many_songs() {
  return Error{ErrorKind::too_many_requests, "Too many songs play at this address.", {}};
}

}  // namespace

io::Task<Result<void>> stream_song(const Request& request, Responder& responder) {
  if (!http::is_song_id(request.id)) co_return bad_song_id();
  Exchange& exchange = responder.exchange();
  exchange.set_song(request.id);
  Result<std::shared_ptr<const Song>> song = co_await request.serving.store.find(request.id);
  exchange.catalog_answered();
  if (!song) co_return song.error();
  PlayingSongs::Play play;
  bool plays = start_playing(request, play);
  if (!plays) plays = co_await start_playing_soon(request, play);
  if (!plays) co_return too_many_songs();
  Result<Locator> locator = parse_locator((*song)->file, request.serving.is_resolver);
  if (!locator) co_return locator.error();
  exchange.set_source(to_string(locator->kind));
  exchange.set_cache("miss");
  Result<source::SoundView> view = sound_view_of(**song, request.target);
  if (!view) co_return view.error();
  view->patience = request.serving.options.first_byte_timeout;
  const source::SourceRequest wanted{std::move(*locator), (*song)->growing, view->pcm.has_value()};
  Result<std::unique_ptr<Resource>> resource = request.serving.source.open(wanted);
  if (!resource) co_return resource.error();
  const auto sound = source::view_as_wav(std::move(*resource), std::move(*view));
  const Located located{**song, wanted.locator, *sound};
  co_return co_await answer_with(request, responder, located);
}

}  // namespace tonearm::server

#include "server/thumbnail_handler.h"

#include "tonearm/http/content_type.h"
#include "tonearm/http/plan.h"
#include "tonearm/http/target.h"

#include "server/planned_answer.h"
#include "server/song_links.h"

#include <memory>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

Error no_thumbnail() {
  return Error{ErrorKind::song_not_found, "The song has no thumbnail that can be shown.", {}};
}

io::Task<Result<void>> send_image(const Request& request, Responder& responder,
                                  const Locator& locator, source::Resource& resource) {
  const OriginUseReport report(resource, responder.exchange());
  resource.set_taker(responder.writer());
  http::RepresentationRequest asked = http::read_representation_request(request.head);
  asked.range = {};  // an image comes whole
  const source::ReadIntent intent = read_intent(asked);
  Result<http::Representation> what = co_await resource.describe(intent);
  if (!what) co_return what.error();
  std::string type(http::choose_image_type(what->content_type, locator.value));
  if (type.empty()) co_return no_thumbnail();

  http::ResponsePlan plan = http::plan_response(asked, *what, {}, type, {});
  plan.accept_ranges = false;
  PlannedAnswer answer{resource, *what, std::move(type), {}, std::move(plan)};
  const auto body = [&responder](const PlannedAnswer& planned) {
    return pump_body(planned, responder.writer());
  };
  co_return co_await send_answer(request, responder, std::move(answer), body);
}

}  // namespace

Result<Locator> thumbnail_locator(std::string_view thumbnail, std::string_view song_file,
                                  const std::function<bool(std::string_view)>& is_resolver) {
  Result<Locator> locator = parse_locator(thumbnail, is_resolver);
  if (!locator || locator->kind != Locator::Kind::plain) return locator;
  const Result<Locator> song = parse_locator(song_file, is_resolver);
  if (!song) return locator;
  if (song->kind == Locator::Kind::file) locator->kind = Locator::Kind::file;
  if (song->kind == Locator::Kind::s3) {
    locator->kind = Locator::Kind::s3;
    locator->value.insert(0, song->value.substr(0, song->value.find('/')) + '/');
  }
  return locator;
}

io::Task<Result<void>> send_thumbnail(const Request& request, Responder& responder) {
  if (!http::is_song_id(request.id)) co_return bad_song_id();
  responder.exchange().set_song(request.id);
  catalog::SongStore& store = request.serving.store;
  Result<std::shared_ptr<const catalog::Song>> listed =
      co_await store.listed(std::string(request.id));
  if (!listed) co_return listed.error();
  const std::string& thumbnail = (*listed)->thumbnail;
  if (thumbnail.empty() || is_absolute_url(thumbnail)) co_return no_thumbnail();
  Result<std::shared_ptr<const catalog::Song>> song = co_await store.find(request.id);
  if (!song) co_return song.error();
  Result<Locator> locator =
      thumbnail_locator(thumbnail, (*song)->file, request.serving.is_resolver);
  if (!locator) co_return locator.error();
  responder.exchange().set_source(to_string(locator->kind));
  responder.exchange().set_cache("miss");
  const source::SourceRequest wanted{std::move(*locator), false};
  Result<std::unique_ptr<source::Resource>> resource = request.serving.source.open(wanted);
  if (!resource) co_return resource.error();
  co_return co_await send_image(request, responder, wanted.locator, **resource);
}

}  // namespace tonearm::server

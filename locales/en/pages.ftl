### The pages in the browser, after a sign-in and for links. Names: place-thing.

## Every page

page-close = You can close this tab.
page-wrong-host = This address belongs to Abide on this computer.
page-nothing = There is no page here. You can close this tab.

## The way back from a sign-in

page-only-sign-in = This address is only for a browser that comes back from a sign-in.
page-no-answer = This page was opened without an answer from a provider. Nothing has changed.
page-used = This page has been used already. You can close this tab.
page-unreadable = This answer cannot be read. Nothing has changed.
page-received = Abide has received the answer. You can close this tab.
page-other-sign-in = This answer does not belong to the sign-in in progress. Nothing has changed.
page-still-waiting = Still waiting for your provider. Abide will notify you.
page-signed-in = You are signed in
page-signed-in-as = You are signed in as { $user } with { $provider }.
page-signed-in-close = You can close this tab. Abide shows in its tray how long your session lasts.
page-signed-out = You are signed out
page-signed-out-body = You are signed out of Abide, and you are back from { $provider }.
page-unchanged = Your session continues unchanged
page-not-signed-in = You are not signed in
page-try-again = You can close this tab. To try again, choose “Sign in” in Abide.
page-unasked = Abide did not start this sign-in
page-unasked-body = Another program or person started this sign-in. Abide used nothing of the answer and handed out nothing.
page-unasked-warning = If a page or a person asks you for the address of this page, do not give it: it could let them sign in as you.

## A link that asks to sign in

link-unreadable = This link cannot be read. Nothing has changed.
link-unknown-provider = This link asks you to sign in at a provider that no account of Abide is at. Nothing has changed.
link-already = { $user } is signed in to the account “{ $account }” already.
link-title = Sign in?
link-asks = A link asks you to sign in to the account “{ $account }” at { $provider }.
link-suggests = It suggests the user name “{ $user }”.
link-not-clicked = If you did not click such a link, close this tab. Nothing has begun.
link-answered = This question was answered already, or is too old. Open the link again.
link-started = Sign-in started
link-started-body = Abide opens the sign-in in another tab.

## The page that watches the provider's session

watch-keep-open = Keep this tab open, so that Abide detects when you sign out at { $provider }. You may also close it; your session in Abide continues.
watch-one-moment = One moment.
watch-begins = Abide is checking whether you are still signed in at { $provider }.
watch-not-needed = Your settings no longer need this tab. Your session continues. You can close this tab.
watch-unchanged = Nothing has changed at { $provider }. Abide has just checked.
watch-doubt = Something has changed at { $provider }. Abide will check again soon.
watch-checking = Something has changed at { $provider }. Abide is checking.
watch-over = Your session is over.
# $reason is one of the texts ended-… in common.ftl.
watch-over-because = Your session with { $provider } is over: { $reason }. You can close this tab.
watch-blocked = Your browser hides the cookies of { $provider } from this page, so it cannot tell whether you are still signed in there. Your session in Abide continues. Abide tries again from time to time. You can close this tab.
watch-unclear = Something has changed at { $provider }, and it does not say who is signed in there now. Abide keeps checking, and notices when you sign out there. Your session in Abide continues.
watch-failed = { $provider } gave no answer that Abide understands. The usual reason is that your browser hides its cookies from embedded pages. Your session in Abide continues. Abide tries again from time to time. You can close this tab.
watch-elsewhere = This tab no longer watches your session: another tab does, or it was opened from a bookmark. You can close it.
watch-unprepared = Abide could not prepare this page. You can close this tab.
watch-unreachable = This tab no longer reaches Abide. You can close it.

## The page that a provider shows in a frame

logout-received = Abide has received the end of your session.
logout-no-session = No matching session.
logout-no-page = There is no page here.

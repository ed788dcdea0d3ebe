import { Notice } from '../../components/Notice';
import { session } from '../../session';

/** What those see who may only view. */
export function MayNotManage() {
  return (
    <Notice kind="empty" title="You may view, not manage">
      The token {session.value?.name && <>‘{session.value.name}’ </>}has the role view. To add, change, pause or remove
      videos, sign out and sign in with a token that has the role manage.
    </Notice>
  );
}
